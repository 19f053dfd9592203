//! A service that leaves its place on demand, for the tests: each message is a deed, the answer is what came of it. With
//! `TRESPASSER_FILE` it opens that file at its start, with `TRESPASSER_THREAD` it leaves a thread running there.

use std::error::Error;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice};
use std::net::{SocketAddrV4, TcpStream};
use std::os::fd::RawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::FileExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::{env, thread};

use memmap2::MmapMut;
use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::ptrace;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, Shutdown, SockaddrIn, SockaddrLike, SockaddrStorage, UnixAddr,
    getpeername, getsockname, sendmsg, sendto, shutdown,
};
use nix::unistd::{Pid, Uid, chroot, setuid};
use prefork_echo::{Handler, Reply};

#[derive(Default)]
struct Trespasser {
    opened: OnceLock<File>,
}

impl Handler for Trespasser {
    type Session = Vec<u8>;

    fn start(&self) -> Result<(), Box<dyn Error>> {
        if let Some(path) = env::var_os("TRESPASSER_FILE") {
            let _ = self.opened.set(File::open(path)?);
        }
        if env::var_os("TRESPASSER_THREAD").is_some() {
            thread::spawn(thread::park);
        }
        Ok(())
    }

    fn reply<'a>(&self, answer: &'a mut Vec<u8>, input: &'a mut [u8]) -> Reply<'a> {
        let deed = String::from_utf8_lossy(input).into_owned();
        *answer = self.does(&deed).unwrap_or_else(|refusal| refusal).into_bytes();
        Reply::Send(answer)
    }
}

impl Trespasser {
    fn does(&self, deed: &str) -> Result<String, String> {
        let (deed, what) = deed.split_once(' ').unwrap_or((deed, ""));
        match deed {
            "open" => told(File::open(what)),
            "create" => told(OpenOptions::new().write(true).create(true).truncate(true).open(what)),
            "list" => told(fs::read_dir(what)),
            "stat" => told(fs::metadata(what)),
            "remove" => told(fs::remove_file(what)),
            "exec" => told(Command::new(what).status()),
            "connect" => told(TcpStream::connect(what)),
            "connect-unix" => told(UnixStream::connect(what)),
            "connect-abstract" => told(abstract_socket(what).and_then(|at| UnixStream::connect_addr(&at))),
            "listen-abstract" => told(abstract_socket(what).and_then(|at| UnixListener::bind_addr(&at))),
            "socket" => told(UnixDatagram::unbound()),
            "signal" => told(kill(other(what)?, Signal::SIGTERM)),
            "execute" => told(MmapMut::map_anon(4096).and_then(MmapMut::make_exec)),
            "root" => told(setuid(Uid::from_raw(0))),
            "files" => told(setrlimit(Resource::RLIMIT_NOFILE, 1 << 20, 1 << 20)),
            "thread" => thread::Builder::new()
                .spawn(|| 6 * 7)
                .map_or_else(refused, |thread| Ok(format!("{:?}", thread.join()))),
            "map" => told(MmapMut::map_anon(1 << 20)),
            "kept" => {
                let mut bytes = [0; 5];
                told(
                    self.opened
                        .get()
                        .ok_or(io::ErrorKind::NotFound.into())
                        .and_then(|file| file.read_at(&mut bytes, 0)),
                )
            }
            // By number, as one would who has taken over the process.
            "deaf" => told(listener().and_then(|fd| shutdown(fd, Shutdown::Both))),
            "fastopen" => told(listener().and_then(|fd| fast_open(fd, what))),
            "send-to" => told(listener().and_then(|fd| send_to(fd, what, MsgFlags::empty()))),
            "hand-over" => told(hand_over()),
            "ptrace" => told(ptrace::traceme()),
            "mount" => told(mount(None::<&str>, "/nowhere", Some("tmpfs"), MsFlags::empty(), None::<&str>)),
            "unshare" => told(unshare(CloneFlags::CLONE_NEWUSER)),
            "chroot" => told(chroot("/")),
            _ => Ok(format!("? {deed}")),
        }
    }
}

/// The first of these processes that is not this one.
fn other(pids: &str) -> Result<Pid, String> {
    let pids = pids.split(' ').filter_map(|pid| pid.parse().ok()).map(Pid::from_raw);
    pids.into_iter().find(|pid| *pid != Pid::this()).ok_or_else(|| "signal whom?".to_owned())
}

/// The first descriptor of a listener: a socket with an address, and without a peer.
fn listener() -> nix::Result<RawFd> {
    let is_bound = |fd| {
        getsockname::<SockaddrStorage>(fd).is_ok_and(|at| at.as_sockaddr_in().is_some() || is_named(&at))
            && getpeername::<SockaddrStorage>(fd) == Err(Errno::ENOTCONN)
    };
    (3..200).find(|fd| is_bound(*fd)).ok_or(Errno::ENOENT)
}

fn is_named(address: &SockaddrStorage) -> bool {
    address.as_unix_addr().is_some_and(|address| address.path().is_some())
}

/// Sends to an address from a socket that has a peer, or none.
fn send_to(fd: RawFd, address: &str, flags: MsgFlags) -> nix::Result<usize> {
    let address: SocketAddrV4 = address.parse().map_err(|_| Errno::EINVAL)?;
    sendto(fd, b"out of the sandbox", &SockaddrIn::from(address), flags | MsgFlags::MSG_NOSIGNAL)
}

/// Makes a client of a listener.
fn fast_open(fd: RawFd, address: &str) -> nix::Result<usize> {
    shutdown(fd, Shutdown::Both)?;
    send_to(fd, address, MsgFlags::from_bits_retain(libc::MSG_FASTOPEN))
}

/// Sends descriptors to whoever is at the other end of a unix socket: the master among others.
fn hand_over() -> nix::Result<()> {
    let is_unix = |fd| getsockname::<UnixAddr>(fd).is_ok_and(|at| at.family() == Some(AddressFamily::Unix));
    for fd in (3..200).filter(|fd| is_unix(*fd) && getpeername::<UnixAddr>(*fd).is_ok()) {
        for _ in 0..20 {
            let files = [ControlMessage::ScmRights(&[fd; 100])];
            match sendmsg::<()>(fd, &[IoSlice::new(b"f")], &files, MsgFlags::MSG_DONTWAIT, None) {
                // It is full, of descriptors or of messages.
                Ok(_) | Err(Errno::EAGAIN | Errno::ETOOMANYREFS) => (),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn abstract_socket(name: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

fn told<T, E: Display>(result: Result<T, E>) -> Result<String, String> {
    result.map_or_else(refused, |_| Ok("done".to_owned()))
}

fn refused(error: impl Display) -> Result<String, String> {
    Err(format!("refused: {error}"))
}

fn main() -> ExitCode {
    prefork_echo::main(|_| Trespasser::default())
}
