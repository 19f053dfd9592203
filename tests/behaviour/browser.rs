//! A browser without a window, driven by the `DevTools` protocol: JSON over two pipes, each message ended by a NUL.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::{PATIENCE, eventually};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::{Value, json};
use std::os::fd::AsFd;

/// Chromium with one page. It ends with this value, and with the thread that started it.
pub(crate) struct Browser {
    child: Child,
    requests: ChildStdin,
    messages: BufReader<ChildStdout>,
    count: u64,
    session: Option<String>,
    /// What the page's script has thrown.
    exceptions: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a page.
    pub(crate) fn open(url: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // It reads requests from file 3 and writes messages to file 4. As root it has no sandbox.
        let script = r#"exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
            --remote-debugging-pipe --user-data-dir="$0" about:blank 3<&0 4>&1 >/dev/null 2>&1"#;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "sh", "-c", script]).arg(profile.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (requests, messages) =
            (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut browser = Self {
            child,
            requests,
            messages,
            count: 0,
            session: None,
            exceptions: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", &target);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        browser.call("Runtime.enable", &json!({}));
        browser.call("Page.navigate", &json!({"url": url}));
        browser
    }

    /// What an expression is worth in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let question = json!({"expression": expression, "returnByValue": true});
        self.call("Runtime.evaluate", &question)["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, expression: &str) {
        eventually(expression, || (self.evaluate(expression) == true).then_some(()));
    }

    /// What the page's script has thrown so far.
    pub(crate) fn exceptions(&self) -> &[String] {
        &self.exceptions
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.count += 1;
        let mut request = json!({"id": self.count, "method": method, "params": params});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.requests.write_all(format!("{request}\0").as_bytes()).unwrap();
        loop {
            let message = self.receive();
            if message["method"] == "Runtime.exceptionThrown" {
                self.exceptions.push(message["params"].to_string());
            }
            if message["id"] == self.count {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
    }

    fn receive(&mut self) -> Value {
        let mut message = Vec::new();
        while message.last() != Some(&0) {
            if self.messages.buffer().is_empty() {
                let mut files = [PollFd::new(self.messages.get_ref().as_fd(), PollFlags::POLLIN)];
                let ready = poll(&mut files, PollTimeout::try_from(PATIENCE).unwrap()).unwrap();
                assert!(ready > 0, "the browser says nothing");
            }
            let available = self.messages.fill_buf().unwrap();
            assert!(!available.is_empty(), "the browser has ended; is chromium installed?");
            let length = available.iter().position(|byte| *byte == 0).map_or(available.len(), |end| end + 1);
            message.extend(&available[..length]);
            self.messages.consume(length);
        }
        serde_json::from_slice(&message[..message.len() - 1]).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
