use std::cell::Cell;
use std::io::{Read as _, Write as _};
use std::thread;

use socket2::{Domain, Type};

use super::*;
use crate::buffer::Spares;
use crate::config::Transform;
use crate::handler::Echo;
use crate::listener::{BRIEF, Peer};
use crate::patience::{Awaited, Patience, Terms};
use crate::scoreboard::Traffic;

fn pair() -> (Socket, Socket) {
    Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap()
}

fn serve<H: Handler>(socket: &Socket, handler: &H) -> (Ending, Traffic) {
    serve_by(socket, handler, None, &Spares::default())
}

fn serve_by<H: Handler>(
    socket: &Socket,
    handler: &H,
    clock: Option<Clock>,
    spares: &Spares,
) -> (Ending, Traffic) {
    let cutting = AtomicBool::new(false);
    let calls = Cell::new(0);
    let lasts = || calls.set(calls.get() + 1);
    let idle = Some(Duration::from_millis(20));
    let row = SlotRow::default();
    row.open(Peer::Unix, None);
    let mut connection = Connection {
        socket,
        work: Work::default(),
        idle,
        read_timeout: ReadTimeout::of_accepted(),
        clock,
        delivery: Delivery::default(),
        introduce: None,
        silence: None,
        parting: None,
        cutting: &cutting,
        row: &row,
        lasts: Some(&lasts),
    };
    let ending = connection.serve(handler, &mut Buffer::new(&mut [0; 64], spares));
    let brief = connection.lasts.is_some();
    assert_eq!(calls.get(), i32::from(!brief), "who lasts says so once");
    (ending, row.traffic())
}

#[test]
fn what_was_sent_before_the_end_is_answered() {
    let (ours, mut theirs) = pair();
    theirs.write_all("héllo\r\n\0".as_bytes()).unwrap();
    theirs.shutdown(Shutdown::Write).unwrap();
    let (ending, traffic) = serve(&ours, &Echo::new(Transform::Uppercase));
    assert_eq!(ending, Ending::PeerClosed);
    assert_eq!(traffic, Traffic { messages: 1, bytes_in: 9, bytes_out: 9 });
    drop(ours);
    let mut answer = Vec::new();
    theirs.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, "HéLLO\r\n\0".as_bytes());
}

#[test]
fn a_silent_peer_meets_the_idle_timeout() {
    let (ours, theirs) = pair();
    ours.set_read_timeout(Some(BRIEF)).unwrap();
    let reader = thread::spawn(move || (&theirs).read(&mut [0]).unwrap());
    assert_eq!(serve(&ours, &Echo::new(Transform::None)).0, Ending::IdleTimeout);
    assert_eq!(reader.join().unwrap(), 0, "the peer sees an orderly end");
}

#[test]
fn a_peer_that_never_reads_meets_the_write_timeout() {
    let (ours, theirs) = pair();
    ours.set_write_timeout(Some(Duration::from_millis(5))).unwrap();
    let writer = thread::spawn(move || while (&theirs).write(&[b'x'; 4096]).is_ok() {});
    assert_eq!(serve(&ours, &Echo::new(Transform::None)).0, Ending::WriteTimeout);
    drop(ours);
    writer.join().unwrap();
}

/// Answers with more than the socket takes at once.
struct Lavish;

impl Handler for Lavish {
    type Session = Vec<u8>;

    fn reply<'a>(&self, session: &'a mut Vec<u8>, _: &'a mut [u8]) -> Reply<'a> {
        session.resize(4 << 20, b'x');
        Reply::Send(session)
    }
}

/// What comes of an answer with a lifetime of 50 ms, and how many bytes of it are taken by a peer that reads, or does not.
fn answer_beyond_the_lifetime(reads: bool) -> (Ending, usize) {
    let (ours, mut theirs) = pair();
    ours.set_read_timeout(Some(BRIEF)).unwrap();
    theirs.write_all(b"x").unwrap();
    let reader = thread::spawn(move || {
        let (mut taken, mut part) = (0, vec![0; 1 << 16]);
        // It takes its time: 64 times 5 ms at least.
        while reads
            && theirs.read(&mut part).is_ok_and(|length| {
                taken += length;
                length > 0
            })
        {
            thread::sleep(Duration::from_millis(5));
        }
        (taken, theirs)
    });
    let mut config = crate::config::Config::default();
    config.timeouts.lifetime = Some(Duration::from_millis(50));
    let patience = Patience::new(Terms::of(&config), Instant::now(), Awaited::FirstByte);
    let ending = serve_by(&ours, &Lavish, Some(Clock::new(patience, None)), &Spares::default()).0;
    drop(ours);
    (ending, reader.join().unwrap().0)
}

#[test]
fn an_answer_that_is_taken_is_sent_to_its_end_and_one_that_is_not_ends_with_the_lifetime() {
    assert_eq!(answer_beyond_the_lifetime(true), (Ending::Lifetime, 4 << 20));
    assert_eq!(answer_beyond_the_lifetime(false), (Ending::Lifetime, 0));
}

struct Faulty;

impl Handler for Faulty {
    type Session = ();

    fn reply<'a>(&self, (): &'a mut (), input: &'a mut [u8]) -> Reply<'a> {
        assert_ne!(input, b"panic");
        Reply::Close(input)
    }
}

#[test]
fn a_panic_ends_the_connection_in_order() {
    let (ours, mut theirs) = pair();
    theirs.write_all(b"panic").unwrap();
    theirs.shutdown(Shutdown::Write).unwrap();
    assert_eq!(serve(&ours, &Faulty).0, Ending::HandlerPanicked);
    assert_eq!(theirs.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_handler_may_close() {
    let (ours, mut theirs) = pair();
    theirs.write_all(b"bye").unwrap();
    theirs.shutdown(Shutdown::Write).unwrap();
    assert_eq!(
        serve(&ours, &Faulty),
        (Ending::HandlerClosed, Traffic { messages: 1, bytes_in: 3, bytes_out: 3 })
    );
}

#[test]
fn what_a_peer_still_sends_after_our_end_is_taken_in_large_parts() {
    let (ours, mut theirs) = pair();
    theirs.write_all(b"bye").unwrap();
    let sender = thread::spawn(move || {
        theirs.read_to_end(&mut Vec::new()).unwrap();
        theirs.write_all(&[b'x'; 10_000]).unwrap();
    });
    let spares = Spares::default();
    assert_eq!(serve_by(&ours, &Faulty, None, &spares).0, Ending::HandlerClosed);
    sender.join().unwrap();
    assert_eq!(spares.kept(), 1, "it was there while much came");
}

#[test]
fn a_peer_that_is_quiet_after_much_leaves_its_memory_to_others() {
    let much: Vec<u8> = (0..=250).cycle().take(10_000).collect();
    let (ours, mut theirs) = pair();
    // What a listener gives those that it accepts.
    ours.set_read_timeout(Some(BRIEF)).unwrap();
    let (spares, cutting, row) = (Spares::default(), AtomicBool::new(false), SlotRow::default());
    row.open(Peer::Unix, None);
    thread::scope(|scope| {
        let served = scope.spawn(|| {
            let mut connection = Connection {
                socket: &ours,
                work: Work::default(),
                idle: None,
                read_timeout: ReadTimeout::of_accepted(),
                clock: None,
                delivery: Delivery::default(),
                introduce: None,
                silence: None,
                parting: None,
                cutting: &cutting,
                row: &row,
                lasts: None,
            };
            let mut small = [0; 64];
            connection.serve(&Echo::new(Transform::Uppercase), &mut Buffer::new(&mut small, &spares))
        });
        let patience = Instant::now() + Duration::from_secs(20);
        for _ in 0..3 {
            theirs.write_all(&much).unwrap();
            let mut echo = vec![0; much.len()];
            theirs.read_exact(&mut echo).unwrap();
            assert_eq!(echo, much.to_ascii_uppercase());
            while spares.kept() == 0 {
                assert!(Instant::now() < patience, "it holds what it does not need");
                thread::yield_now();
            }
        }
        assert!(!served.is_finished(), "it waits for more");
        drop(theirs);
        assert_eq!(served.join().unwrap(), Ending::PeerClosed);
    });
    assert_eq!(spares.kept(), 1, "it was the same each time");
}
