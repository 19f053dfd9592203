//! Prometheus, the program, over a server of ours: started for one test and asked by its HTTP API.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PATIENCE, eventually};

/// A running Prometheus. It ends with this value, and with the thread that started it.
pub(crate) struct Prometheus {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    address: String,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts it with a configuration and its `rules.yml`, on a free port.
    pub(crate) fn start(configuration: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("prometheus.yml"), configuration).unwrap();
        fs::write(folder.path().join("rules.yml"), rules).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "prometheus", "--web.listen-address=127.0.0.1:0"]);
        command.arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.env("GOMEMLIMIT", "256MiB").env("GOMAXPROCS", "2");
        let mut child =
            command.stderr(Stdio::piped()).spawn().expect("Prometheus is in Debian's package prometheus");
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let (stderr, lines) = (child.stderr.take().unwrap(), Arc::clone(&log));
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        let mut prometheus = Self { child, log, address: String::new(), _folder: folder };
        prometheus.address = eventually("Prometheus to be ready", || {
            let log = prometheus.log.lock().unwrap();
            log.iter().find(|line| line.contains("Server is ready to receive web requests"))?;
            let line = log.iter().find(|line| line.contains("\"Listening on\""))?;
            Some(line.split("address=").nth(1)?.split(' ').next()?.to_owned())
        });
        prometheus
    }

    /// What an expression gives now: of each series its labels and its value; or why it is none.
    pub(crate) fn query(&self, expression: &str) -> Result<Vec<(Value, f64)>, String> {
        let answer = self.get(&format!("/api/v1/query?query={}", encoded(expression)));
        if answer["status"] != "success" {
            return Err(format!("{expression}: {}", answer["error"]));
        }
        assert_eq!(answer["data"]["resultType"], "vector", "{expression}");
        let series = answer["data"]["result"].as_array().unwrap().iter();
        let value = |series: &Value| series["value"][1].as_str().unwrap().parse().unwrap();
        Ok(series.map(|series| (series["metric"].clone(), value(series))).collect())
    }

    /// Waits until an expression has a value that is a number, and returns the first.
    #[track_caller]
    pub(crate) fn number(&self, expression: &str) -> f64 {
        eventually(expression, || {
            let series = self.query(expression).unwrap_or_else(|error| panic!("{error}"));
            series.into_iter().map(|(_, value)| value).find(|value| value.is_finite())
        })
    }

    /// All rules, recording and alerting.
    pub(crate) fn rules(&self) -> Vec<Value> {
        let answer = self.get("/api/v1/rules");
        let groups = answer["data"]["groups"].as_array().unwrap();
        groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).cloned().collect()
    }

    /// The alerts that fire.
    pub(crate) fn firing(&self) -> Vec<Value> {
        let answer = self.get("/api/v1/alerts");
        let alerts = answer["data"]["alerts"].as_array().unwrap().iter();
        alerts.filter(|alert| alert["state"] == "firing").cloned().collect()
    }

    /// Asks by HTTP/1.0, where an answer comes in one piece.
    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}"))
    }
}

/// Text in the query of an address.
fn encoded(text: &str) -> String {
    let hex = |half: u8| char::from_digit(half.into(), 16).unwrap();
    text.bytes().flat_map(|byte| ['%', hex(byte >> 4), hex(byte & 15)]).collect()
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- what Prometheus said ---\n{}", self.log.lock().unwrap().join("\n"));
        }
    }
}
