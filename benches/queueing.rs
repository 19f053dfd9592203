//! Whether one waits in this server as queueing theory says: four slots, a connection per request, Poisson arrivals.
//!
//! `cargo bench --bench queueing` runs six pools beside each other, with exponential and with fixed `work.sleep`, each at
//! three utilisations, and prints as a table what `prefork-client bench --predict` measures and predicts. It takes
//! twenty minutes; `cargo bench --bench queueing -- --arrivals 5000` shows in half a minute that it works. The machine
//! is to have nothing else to do: who is woken late holds a slot for longer. A firewall that tracks connections would
//! have its table full of them, so run it in a network of its own:
//! `unshare -n sh -c 'ip link set lo up; cargo bench --bench queueing'`.

#[path = "support/server.rs"]
mod server;

use std::env;
use std::net::SocketAddr;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use serde_json::Value;
use server::Server;

/// How long a connection sleeps, on average, and the same in seconds.
const SLEEP: (&str, f64) = ("10ms", 0.01);
/// The workers of each pool, and the threads of each.
const POOL: (usize, usize) = (2, 2);
const SLOTS: f64 = 4.0;
const DISTRIBUTIONS: [&str; 2] = ["exponential", "fixed"];
/// Utilisation, and how many arrivals: the busier the pool, the more waits are alike near each other, and the more it
/// takes to know their mean.
const LOADS: [(f64, u64); 3] = [(0.5, 200_000), (0.8, 300_000), (0.95, 400_000)];
/// How many may wait, and how many connections the client has at most. In theory no queue is ever full; in a full one the
/// kernel drops what clients send, and who sends it again a second later holds a slot meanwhile.
const BACKLOG: &str = "4096";
const CONNECTIONS: &str = "4000";
/// So many arrivals tell for how long a slot is really held.
const TRIAL: u64 = 1_000;

fn main() -> ExitCode {
    // This program is its own client.
    if env::args().nth(1).is_some_and(|argument| argument == "bench") {
        return prefork_client::main();
    }
    let most = argument("--arrivals").map_or(u64::MAX, |text| text.parse().expect("--arrivals is a number"));
    let held = held();
    println!(
        "{SLOTS} slots, work.sleep = {}, which holds a slot for {:.2} ms; ± is the 95 % confidence interval\n",
        SLEEP.0,
        held * 1e3
    );
    println!(
        "| times | arrivals | utilisation | chance to wait | predicted | mean wait | predicted | by the server's clock |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let cells = DISTRIBUTIONS.iter().flat_map(|distribution| LOADS.map(|load| (*distribution, load)));
    let rows: Vec<String> = thread::scope(|scope| {
        let cell = |(distribution, (utilisation, arrivals)): (&'static str, (f64, u64))| {
            scope.spawn(move || {
                let server = pool(distribution);
                let rate = utilisation * SLOTS / held;
                row(distribution, &predict(server.address, distribution, rate, arrivals.min(most)))
            })
        };
        let running: Vec<_> = cells.map(cell).collect();
        running.into_iter().map(|cell| cell.join().expect("each run comes to its end")).collect()
    });
    println!("{}", rows.join("\n"));
    ExitCode::SUCCESS
}

/// What follows this name among the arguments.
fn argument(name: &str) -> Option<String> {
    env::args().skip_while(|argument| argument != name).nth(1)
}

fn pool(distribution: &str) -> Server {
    let flags = ["--sleep", SLEEP.0, "--distribution", distribution, "--backlog", BACKLOG];
    Server::prefork(POOL.0, POOL.1, &flags)
}

/// For how many seconds a connection holds its slot: a little longer than it sleeps.
fn held() -> f64 {
    let server = pool("fixed");
    let trial = predict(server.address, "fixed", 0.5 * SLOTS / SLEEP.1, TRIAL);
    trial["service_seconds"].as_f64().expect("the server tells it")
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

/// A row of the table.
fn row(distribution: &str, prediction: &Value) -> String {
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
        "| {distribution} | {} | {:.3} | {} | {} | {:.2} ms |",
        prediction["arrivals"],
        number(&prediction["utilisation"]),
        figure("chance_to_wait", 100.0, "%"),
        figure("mean_wait_seconds", 1e3, "ms"),
        number(&prediction["server_mean_wait_seconds"]) * 1e3
    )
}
