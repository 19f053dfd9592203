# Server and client from one build, on Debian or on nothing:
#
#   docker build -t prefork-echo --target server .
#   docker build -t prefork-client --target client .
#   docker build -t prefork-echo:scratch --target scratch-server .     and --target scratch-client: static, without a shell
#
#   docker run --rm -p 127.0.0.1:8080:8080 prefork-echo --workers 2 --threads 2 --log-access
#
# docs/containers.md says more. The stages that most builds need come first: Docker's classic builder makes all those before its target.

FROM rust:1-slim-bookworm AS build
WORKDIR /src
# No debug information. Names of functions stay, for backtraces.
ENV CARGO_PROFILE_RELEASE_DEBUG=none
# The dependencies, with nothing of ours but the manifests, so that this layer stays until those change. Cargo wants to see
# each file that they name.
COPY Cargo.toml Cargo.lock ./
COPY client/Cargo.toml client/
RUN bench='/^\[\[bench\]\]/,/^name/s|^name = "\(.*\)"|benches/\1.rs|p' \
 && for file in $(sed -n "s|^path = \"\(.*\)\"|\1|p; $bench" Cargo.toml) src/main.rs client/src/main.rs; do \
        mkdir -p "$(dirname "$file")" && echo 'fn main() {}' >"$file"; \
    done \
 && touch src/lib.rs client/src/lib.rs \
 && cargo build --release --locked -p prefork-echo --bins \
 && cargo build --release --locked -p prefork-client --bins
COPY src src
COPY client/src client/src
# What was copied may be older than the empty files which it replaces.
RUN touch src/lib.rs src/main.rs client/src/lib.rs client/src/main.rs \
 && cargo build --release --locked -p prefork-echo --bins \
 && cargo build --release --locked -p prefork-client --bins \
 && mkdir -p /out && cp target/release/prefork-echo target/release/prefork-client /out/
# Whatever the umask of who has cloned this: everybody may read it.
COPY deploy/container/config.toml /out/
RUN chmod 644 /out/config.toml


FROM debian:bookworm-slim AS debian
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
# For the pictures of top and watch.
ENV LANG=C.UTF-8


FROM debian AS client
LABEL org.opencontainers.image.title="prefork-client" \
      org.opencontainers.image.description="The client of prefork-echo: opens several connections and shows which are served and which wait"
COPY --from=build /out/prefork-client /usr/local/bin/
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/prefork-client"]


FROM debian AS server
LABEL org.opencontainers.image.title="prefork-echo" \
      org.opencontainers.image.description="A preforking TCP server in the Nginx style: workers, a thread per connection, and a queue you can see"
COPY --from=build /out/prefork-echo /usr/local/bin/
WORKDIR /etc/prefork-echo
COPY --from=build /out/config.toml ./
EXPOSE 8080 8081
USER 65532:65532
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["/usr/local/bin/prefork-echo", "health"]
# As PID 1 the master reaps whatever ends and drains on TERM: it needs no init.
ENTRYPOINT ["/usr/local/bin/prefork-echo"]


# The same objects, linked once more: only the two programs differ. (A static glibc has DNS and /etc/hosts built in.)
FROM build AS build-static
RUN for program in prefork-echo prefork-client; do \
        cargo rustc --release --locked -p $program --bin $program -- -C target-feature=+crt-static || exit; \
    done \
 && mkdir -p /out/static && cp target/release/prefork-echo target/release/prefork-client /out/static/


FROM scratch AS empty
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
ENV LANG=C.UTF-8


FROM empty AS scratch-client
LABEL org.opencontainers.image.title="prefork-client" \
      org.opencontainers.image.description="The client of prefork-echo: opens several connections and shows which are served and which wait"
COPY --from=build-static /out/static/prefork-client /usr/local/bin/
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/prefork-client"]


FROM empty AS scratch-server
LABEL org.opencontainers.image.title="prefork-echo" \
      org.opencontainers.image.description="A preforking TCP server in the Nginx style: workers, a thread per connection, and a queue you can see"
COPY --from=build-static /out/static/prefork-echo /usr/local/bin/
WORKDIR /etc/prefork-echo
COPY --from=build /out/config.toml ./
EXPOSE 8080 8081
USER 65532:65532
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["/usr/local/bin/prefork-echo", "health"]
ENTRYPOINT ["/usr/local/bin/prefork-echo"]


# What is built when no target is named.
FROM server
