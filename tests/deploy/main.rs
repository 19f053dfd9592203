//! What is in deploy/ for containers: valid by the schemas of those who read it, consistent in itself, and true of the real
//! server. Each check is also shown a mistake of each kind, which it has to find.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod autoscaling;
mod consistency;
mod kustomize;
mod lifecycle;
mod schemas;
mod seccomp;
mod server;
mod world;
mod yaml;
