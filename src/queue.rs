//! stub
use std::net::SocketAddr;
use std::time::Duration;
use crate::config::Place;
#[derive(Debug, Clone)]
pub(crate) struct Target { pub(crate) address: String, pub(crate) place: Place, pub(crate) inode: u64, pub(crate) limit: Option<u32> }
#[derive(Debug, Default)]
pub(crate) struct Reader;
pub(crate) struct Queue { pub(crate) limit: Option<u32>, pub(crate) waiting: Option<u64>, pub(crate) vanished: Option<u64>, pub(crate) dropped: Option<u64>, pub(crate) peers: Vec<Waiting> }
pub(crate) struct Waiting { pub(crate) peer: SocketAddr, pub(crate) waited: Option<Duration>, pub(crate) bytes_queued: Option<u64>, pub(crate) half_closed: bool }
impl Reader { pub(crate) fn read(&mut self, targets: &[Target]) -> Vec<Queue> { targets.iter().map(|t| Queue{limit:t.limit,waiting:None,vanished:None,dropped:None,peers:vec![]}).collect() } }
