//! Real queues of the loopback interface, by both sources.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use socket2::{Domain, Socket, Type};

use super::*;

/// How long anything may take before a test fails. Generous: it is spent only when something is wrong.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a question has an answer.
#[track_caller]
fn eventually<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "in vain waited for {what}");
        // Between two looks at something that cannot wake us.
        thread::sleep(Duration::from_millis(1));
    }
}

/// Listeners whose queues are read.
struct Scene {
    listeners: Vec<Socket>,
    targets: Vec<Target>,
    reader: Reader,
}

impl Scene {
    fn of(address: &str, backlog: i32) -> Self {
        let mut scene = Self { listeners: Vec::new(), targets: Vec::new(), reader: Reader::new(Source::Any) };
        scene.listen(address.parse().unwrap(), backlog).unwrap();
        scene
    }

    fn listen(&mut self, address: SocketAddr, backlog: i32) -> io::Result<()> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.bind(&address.into())?;
        socket.listen(backlog)?;
        let place = Place::Tcp(socket.local_addr()?.as_socket().unwrap());
        self.targets.push(Target::of(&socket, place)?);
        self.listeners.push(socket);
        Ok(())
    }

    fn port(&self) -> u16 {
        self.listeners[0].local_addr().unwrap().as_socket().unwrap().port()
    }

    fn connect(&self, ip: &str) -> TcpStream {
        TcpStream::connect((ip, self.port())).unwrap()
    }

    /// The queues, when they are as expected, with both sources of one opinion.
    #[track_caller]
    fn queues(&mut self, what: &str, expected: impl Fn(&[Queue]) -> bool) -> Vec<Queue> {
        let Self { targets, reader, .. } = self;
        let mut files = Reader::new(Source::Procfs);
        eventually(what, || {
            let queues = reader.read(targets);
            let from_files = files.read(targets);
            let agree = queues.iter().map(comparable).eq(from_files.iter().map(comparable));
            (agree && expected(&queues)).then_some(queues)
        })
    }

    /// The first queue, when so many wait in it.
    #[track_caller]
    fn queue(&mut self, waiting: u64) -> Queue {
        let what = format!("{waiting} to wait");
        self.queues(&what, |queues| queues[0].waiting == Some(waiting)).remove(0)
    }
}

/// What both sources tell.
fn comparable(queue: &Queue) -> Queue {
    let mut peers: Vec<Waiting> =
        queue.peers.iter().map(|waiting| Waiting { waited: None, ..*waiting }).collect();
    peers.sort_by_key(|waiting| waiting.peer);
    Queue { dropped: None, peers, ..queue.clone() }
}

fn addresses(queue: &Queue) -> Vec<SocketAddr> {
    let mut addresses: Vec<_> = queue.peers.iter().map(|waiting| waiting.peer).collect();
    addresses.sort();
    addresses
}

/// Makes a connection vanish: its end sends a reset.
fn reset(client: TcpStream) {
    Socket::from(client).set_linger(Some(Duration::ZERO)).unwrap();
}

#[test]
fn in_an_empty_queue_nobody_waits() {
    let queue = Scene::of("127.0.0.1:0", 7).queue(0);
    let none =
        Queue { limit: Some(7), waiting: Some(0), vanished: Some(0), dropped: Some(0), peers: Vec::new() };
    assert_eq!(queue, none);
}

#[test]
fn who_waits_is_known_by_address() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    let first = scene.connect("127.0.0.1");
    assert_eq!(addresses(&scene.queue(1)), [first.local_addr().unwrap()]);
    let clients = [first, scene.connect("127.0.0.1"), scene.connect("127.0.0.1")];
    let mut expected = clients.each_ref().map(|client| client.local_addr().unwrap());
    expected.sort();
    let queue = scene.queue(3);
    assert_eq!((addresses(&queue), queue.vanished), (expected.to_vec(), Some(0)));
}

#[test]
fn who_is_accepted_does_not_wait_any_more() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    let clients = [scene.connect("127.0.0.1"), scene.connect("127.0.0.1")];
    scene.queue(2);
    let accepted = scene.listeners[0].accept().unwrap();
    assert_eq!(addresses(&scene.queue(1)), [clients[1].local_addr().unwrap()]);
    drop(accepted);
}

#[test]
fn the_wait_grows() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    let _client = scene.connect("127.0.0.1");
    let first = scene.queue(1).peers[0].waited.unwrap();
    assert!(first < PATIENCE);
    scene.queues("it to grow", |queues| {
        queues[0].peers[0].waited.unwrap() >= first + Duration::from_millis(30)
    });
}

#[test]
fn what_was_sent_is_counted_without_the_fin() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    let mut client = scene.connect("127.0.0.1");
    client.write_all(b"hello").unwrap();
    let bytes = |queues: &[Queue]| queues[0].peers.first().and_then(|waiting| waiting.bytes_queued);
    let queues = scene.queues("five bytes", |queues| bytes(queues) == Some(5));
    assert!(!queues[0].peers[0].half_closed);
    client.shutdown(Shutdown::Write).unwrap();
    let queues = scene.queues("the FIN", |queues| queues[0].peers[0].half_closed);
    assert_eq!(bytes(&queues), Some(5));
}

#[test]
fn who_closed_without_a_word_still_waits() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    drop(scene.connect("127.0.0.1"));
    let queues =
        scene.queues("the FIN", |queues| queues[0].peers.first().is_some_and(|waiting| waiting.half_closed));
    assert_eq!((queues[0].waiting, queues[0].peers[0].bytes_queued), (Some(1), Some(0)));
}

#[test]
fn who_has_reset_has_vanished_and_is_counted() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    reset(scene.connect("127.0.0.1"));
    scene.queues("it to vanish", |queues| queues[0].vanished == Some(1));
    let client = scene.connect("127.0.0.1");
    let queues = scene.queues("one of two to vanish", |queues| {
        (queues[0].waiting, queues[0].vanished) == (Some(2), Some(1))
    });
    assert_eq!(addresses(&queues[0]), [client.local_addr().unwrap()]);
}

#[test]
fn who_has_vanished_is_counted_while_others_come() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    reset(scene.connect("127.0.0.1"));
    let _witness = scene.connect("127.0.0.1");
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let come_and_go = || {
        let _client = TcpStream::connect(elsewhere.local_addr().unwrap()).unwrap();
        elsewhere.accept().unwrap();
    };
    let (is_over, deadline) = (AtomicBool::new(false), Instant::now() + PATIENCE);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) && Instant::now() < deadline {
                come_and_go();
            }
        });
        eventually("it to vanish", || {
            let queues = scene.reader.read(&scene.targets);
            (queues[0].vanished == Some(1)).then_some(())
        });
        is_over.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_peer_is_called_as_accept_calls_it() {
    for (address, ips) in
        [("[::1]:0", &["::1"][..]), ("[::]:0", &["127.0.0.1", "::1"]), ("0.0.0.0:0", &["127.0.0.1"])]
    {
        let mut scene = Scene::of(address, 7);
        let clients: Vec<_> = ips.iter().map(|ip| scene.connect(ip)).collect();
        let found = addresses(&scene.queue(clients.len() as u64));
        let accept = |_: &TcpStream| scene.listeners[0].accept().unwrap().1.as_socket().unwrap();
        let mut accepted: Vec<SocketAddr> = clients.iter().map(accept).collect();
        accepted.sort();
        assert_eq!(found, accepted);
    }
}

#[test]
fn listeners_of_one_port_each_have_their_own_queue() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    let second = SocketAddr::from(([127, 0, 0, 2], scene.port()));
    eventually("the port to be free there too", || scene.listen(second, 5).ok());
    let clients = ["127.0.0.2", "127.0.0.1", "127.0.0.2"].map(|ip| scene.connect(ip));
    let queues =
        scene.queues("one and two", |queues| queues.iter().map(|queue| queue.waiting).eq([Some(1), Some(2)]));
    assert_eq!(addresses(&queues[0]), [clients[1].local_addr().unwrap()]);
    assert_eq!(queues.iter().map(|queue| queue.peers.len()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(queues.iter().map(|queue| queue.limit).collect::<Vec<_>>(), [Some(7), Some(5)]);
    assert!(queues.iter().all(|queue| queue.vanished == Some(0)));
}

#[test]
fn both_families_and_unix_are_read_together_in_their_order() {
    let mut scene = Scene::of("[::1]:0", 7);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let unix = UnixListener::bind(&path).unwrap();
    scene.targets.push(Target::of(&unix, Place::Unix { path: path.clone(), mode: None }).unwrap());
    scene.listen("127.0.0.1:0".parse().unwrap(), 5).unwrap();
    let _client = scene.connect("::1");
    let _others = [UnixStream::connect(&path).unwrap(), UnixStream::connect(&path).unwrap()];
    let queues = scene.reader.read(&scene.targets);
    assert_eq!(queues[1].waiting, Some(2));
    assert!(queues[1].limit.is_some());
    assert_eq!((queues[1].vanished, queues[1].dropped, queues[1].peers.len()), (None, None, 0));
    assert_eq!((queues[0].limit, queues[2].limit), (Some(7), Some(5)));
    assert_eq!(Reader::new(Source::Procfs).read(&scene.targets[1..2]), [Queue::unknown(None)]);
}

#[test]
fn handshakes_that_find_the_queue_full_are_counted() {
    let mut scene = Scene::of("127.0.0.1:0", 0);
    let _first = scene.connect("127.0.0.1");
    let queue = scene.queue(1);
    assert_eq!((queue.limit, queue.dropped), (Some(0), Some(0)));
    let late = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    late.set_nonblocking(true).unwrap();
    late.connect(&scene.listeners[0].local_addr().unwrap()).unwrap_err();
    let queues = scene.queues("a drop", |queues| queues[0].dropped >= Some(1));
    assert_eq!((queues[0].waiting, queues[0].vanished), (Some(1), Some(0)));
}

#[test]
fn of_a_closed_listener_nothing_is_known() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    let _client = scene.connect("127.0.0.1");
    scene.queue(1);
    scene.listeners.clear();
    scene.queues("it to be gone", |queues| queues[0] == Queue::unknown(Some(7)));
}

#[test]
fn an_error_leaves_the_one_netlink_socket_of_use() {
    let mut scene = Scene::of("127.0.0.1:0", 7);
    scene.reader.open();
    assert!(scene.reader.netlink.is_some());
    assert!(scene.reader.ask(|netlink| netlink.unix_queue(u64::MAX)).is_err());
    assert!(scene.reader.ask(|netlink| netlink.unix_queue(scene.targets[0].inode)).is_err());
    // In the middle of a dump: the rest of it is in the way of the next.
    assert!(scene.reader.ask(Netlink::begin_and_give_up).is_err());
    assert_eq!(scene.queue(0).dropped, Some(0));
}

#[test]
fn the_longest_waits_come_first_and_the_unknown_last() {
    let peer = |port, millis: Option<u64>| Waiting {
        peer: SocketAddr::from(([127, 0, 0, 1], port)),
        waited: millis.map(Duration::from_millis),
        bytes_queued: None,
        half_closed: false,
    };
    let queue = |peers| Queue { peers, ..Queue::unknown(None) };
    let queues = [
        queue(vec![peer(1, Some(5)), peer(2, None), peer(3, Some(9))]),
        queue(vec![peer(4, Some(9)), peer(5, Some(7))]),
    ];
    let found = |count| -> Vec<(usize, u16)> {
        longest(&queues, count).into_iter().map(|(queue, waiting)| (queue, waiting.peer.port())).collect()
    };
    assert_eq!(found(9), [(0, 3), (1, 4), (1, 5), (0, 1), (0, 2)]);
    assert_eq!(found(2), [(0, 3), (1, 4)]);
    assert_eq!(found(0), []);
}

#[test]
#[ignore = "a measurement: run it alone, with net.core.somaxconn at 20000 and 30000 open files"]
fn ten_thousand_who_wait_are_read_in_milliseconds() {
    let mut scene = Scene::of("127.0.0.1:0", 20_000);
    let mut clients: Vec<_> = (0..10_000).map(|_| scene.connect("127.0.0.1")).collect();
    scene.queue(10_000);
    for vanished in [0, 1] {
        for source in [Source::Any, Source::Procfs] {
            measure(&scene.targets, source, vanished);
        }
        reset(clients.remove(0));
    }
}

fn measure(targets: &[Target], source: Source, vanished: u64) {
    let mut reader = Reader::new(source);
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let start = Instant::now();
            let queues = reader.read(targets);
            let time = start.elapsed();
            assert_eq!((queues[0].waiting, queues[0].vanished), (Some(10_000), Some(vanished)));
            assert_eq!(longest(&queues, 1000).len(), 1000);
            (time, start.elapsed())
        })
        .collect();
    times.sort();
    let (read, sorted) = times[10];
    println!("{source:?}, {vanished} vanished: median {read:?}, with the longest thousand {sorted:?}");
}
