//! Whether one waits in this server as queueing theory says: four slots, a connection per request, Poisson arrivals.
//!
//! `cargo bench --bench queueing` runs six pools beside each other, with exponential and with fixed `work.sleep`, each at
//! three utilisations, and prints as a table what `prefork-client bench --predict` measures and predicts. It takes about
//! 22 minutes; `cargo bench --bench queueing -- --arrivals 5000` shows in a minute that it works.
//!
//! Who is woken late holds a slot for longer, so the machine is to have nothing else to do, or this to go before all else:
//! `chrt -f 1`, as root. A firewall that tracks connections would have its table full of them; in a network of its own
//! there is none: `unshare -n sh -c 'ip link set lo up; chrt -f 1 cargo bench --bench queueing'`.

#[path = "support/process_group.rs"]
mod process_group;
#[path = "support/server.rs"]
mod server;

use std::env;
use std::net::SocketAddr;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use serde_json::Value;
use server::Server;

/// The workers of each pool, and the threads of each.
const POOL: (usize, usize) = (2, 2);
const SLOTS: f64 = 4.0;
const DISTRIBUTIONS: [&str; 2] = ["exponential", "fixed"];
/// What the pools are tried with. The busier a pool, the more waits are alike near each other, and the more arrivals it
/// takes to know their mean. The less busy it is, the shorter are the waits beside a twentieth of a millisecond in which
/// a worker is woken, and the longer a service is to be.
const LOADS: [Load; 3] = [
    Load { utilisation: 0.5, sleep_ms: 25, arrivals: 100_000 },
    Load { utilisation: 0.8, sleep_ms: 10, arrivals: 300_000 },
    Load { utilisation: 0.95, sleep_ms: 10, arrivals: 400_000 },
];
/// How many may wait, and how many connections the client has at most. In theory no queue is ever full; in a full one the
/// kernel drops what clients send, and who sends it again a second later holds a slot meanwhile.
const BACKLOG: &str = "4096";
const CONNECTIONS: &str = "4000";
/// So many arrivals tell beforehand for how much longer than it sleeps a connection holds its slot. That depends on what
/// else the machine does, so all pools try it at once.
const TRIAL: u64 = 2_000;

/// What a pool is tried with.
#[derive(Clone, Copy)]
struct Load {
    utilisation: f64,
    sleep_ms: u32,
    arrivals: u64,
}

fn main() -> ExitCode {
    // This program is its own client.
    if env::args().nth(1).is_some_and(|argument| argument == "bench") {
        return prefork_client::main();
    }
    let most = argument("--arrivals").map_or(u64::MAX, |text| text.parse().expect("--arrivals is a number"));
    println!("{SLOTS} slots; ± is the 95 % confidence interval\n");
    println!("{HEADER}");
    let cells = DISTRIBUTIONS.iter().flat_map(|distribution| LOADS.map(|load| (*distribution, load)));
    let rows: Vec<String> = thread::scope(|scope| {
        let cell = |(distribution, load): (&'static str, Load)| {
            let load = Load { arrivals: load.arrivals.min(most), ..load };
            scope.spawn(move || row(distribution, load, &run(distribution, load, held(load))))
        };
        let running: Vec<_> = cells.map(cell).collect();
        running.into_iter().map(|cell| cell.join().expect("each run comes to its end")).collect()
    });
    println!("{}", rows.join("\n"));
    ExitCode::SUCCESS
}

/// For how many seconds a connection holds its slot, on average.
fn held(load: Load) -> f64 {
    let trial = Load { arrivals: TRIAL.min(load.arrivals), ..load };
    let prediction = run("fixed", trial, seconds(load.sleep_ms));
    prediction["service_seconds"].as_f64().expect("the server tells it")
}

/// Tries a pool whose slots are held for so many seconds.
fn run(distribution: &str, load: Load, held: f64) -> Value {
    let sleep = format!("{}ms", load.sleep_ms);
    let flags = ["--sleep", &sleep, "--distribution", distribution, "--backlog", BACKLOG];
    let Server { processes, address } = Server::prefork(POOL.0, POOL.1, &flags);
    let prediction = predict(address, distribution, load.utilisation * SLOTS / held, load.arrivals);
    drop(processes);
    prediction
}

fn seconds(milliseconds: u32) -> f64 {
    f64::from(milliseconds) / 1e3
}

/// What follows this name among the arguments.
fn argument(name: &str) -> Option<String> {
    env::args().skip_while(|argument| argument != name).nth(1)
}

/// What the client measures and predicts.
fn predict(address: SocketAddr, distribution: &str, rate: f64, arrivals: u64) -> Value {
    let mut client = Command::new(env::current_exe().expect("this program has a path"));
    client.args([
        "bench",
        "--json",
        "--reconnect",
        "--predict",
        "--duration",
        "1d",
        "--connections",
        CONNECTIONS,
    ]);
    client.args([
        "--distribution",
        distribution,
        "--rate",
        &rate.to_string(),
        "--requests",
        &arrivals.to_string(),
    ]);
    let output = client.arg(address.to_string()).stderr(Stdio::inherit()).output().expect("the client runs");
    let mut report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert!(
        output.status.success(),
        "{distribution}, {rate:.0}/s: {}, first: {}",
        report["failures"],
        report["first_failure"]
    );
    let late = &report["schedule"]["late"]["p99_seconds"];
    if late.as_f64().is_some_and(|late| late > 0.001) {
        eprintln!("{distribution}, {rate:.0}/s: the client sent 1 % of its requests {late} s late or more");
    }
    report["prediction"].take()
}

const HEADER: &str = "\
| times | sleep | held for | arrivals | utilisation | chance to wait | predicted | mean wait | predicted | by the server's clock |
|---|---|---|---|---|---|---|---|---|---|";

/// A row of the table.
fn row(distribution: &str, load: Load, prediction: &Value) -> String {
    let number = |value: &Value| value.as_f64().expect("it is a number");
    let figure = |name: &str, scale: f64, unit: &str| {
        let [measured, half_width, predicted] =
            ["measured", "half_width", "predicted"].map(|part| number(&prediction[name][part]) * scale);
        let verdict = match prediction[name]["verdict"].as_str() {
            Some("inside_interval") => "inside".to_owned(),
            _ => format!("{:+.1} %", (measured / predicted - 1.0) * 100.0),
        };
        format!("{measured:.2} ± {half_width:.2} {unit} | {predicted:.2} {unit}: {verdict}")
    };
    format!(
        "| {distribution} | {} ms | {:.2} ms | {} | {:.3} | {} | {} | {:.2} ms |",
        load.sleep_ms,
        number(&prediction["service_seconds"]) * 1e3,
        prediction["arrivals"],
        number(&prediction["utilisation"]),
        figure("chance_to_wait", 100.0, "%"),
        figure("mean_wait_seconds", 1e3, "ms"),
        number(&prediction["server_mean_wait_seconds"]) * 1e3
    )
}
