//! Tests that change their whole process, or the machine that they see: they run in a process of their own.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Tells the child which of the tests it is.
const NAME: &str = "NETSTEPS_OWN_PROCESS";
const LIMIT: Duration = Duration::from_mins(1);

/// True in the process of its own. Everywhere else it starts that process, for this test alone, and fails when that fails.
pub(crate) fn own_process<Test: Fn()>(test: Test) -> bool {
    is_child(&test) || finish(Command::new(this_program()), name_of(&test))
}

/// The same in a network of its own, with nothing but loopback in it, and these files in a new /etc.
/// Where the system does not permit that, the test is left out, and says so.
pub(crate) fn own_network<Test: Fn()>(test: Test, files: &[(&str, &str)], shell: &str) -> bool {
    if is_child(&test) {
        return true;
    }
    let name = name_of(&test);
    let possible = Command::new("unshare")
        .args(["-rmn", "true"])
        .stderr(Stdio::null())
        .status();
    if !possible.is_ok_and(|status| status.success()) {
        println!("left out: {name} needs `unshare -rmn`, which this system does not permit");
        return false;
    }
    let mut script = String::from("set -e; ip link set lo up; mount -t tmpfs netsteps /etc; ");
    for (file, text) in files {
        script.extend(["printf '", text, "' > /etc/", file, "; "]);
    }
    script.extend([shell, "; exec \"$@\""]);
    let mut command = Command::new("unshare");
    command
        .args(["-rmn", "sh", "-c", &script, "sh"])
        .arg(this_program());
    finish(command, name)
}

/// The child of this test, started and left running: its output is the caller's.
pub(crate) fn started<Test: Fn()>(test: Test) -> Child {
    let mut command = Command::new(this_program());
    prepared(&mut command, name_of(&test))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child")
}

pub(crate) fn is_child<Test: Fn()>(test: &Test) -> bool {
    std::env::var(NAME).is_ok_and(|own| own == name_of(test))
}

/// The name by which the test program knows this test: its path, without the crate.
fn name_of<Test: Fn()>(_: &Test) -> &'static str {
    let path = std::any::type_name::<Test>();
    path.split_once("::").map_or(path, |(_, name)| name)
}

fn this_program() -> std::path::PathBuf {
    std::env::current_exe().expect("the path of this program")
}

fn prepared<'a>(command: &'a mut Command, name: &str) -> &'a mut Command {
    command
        .args([name, "--exact", "--nocapture"])
        .env(NAME, name)
}

/// Runs it to its end; never true, since this is not the child.
fn finish(mut command: Command, name: &str) -> bool {
    let mut child = prepared(&mut command, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut outputs: Vec<Box<dyn Read + Send>> = Vec::new();
    outputs.extend(
        child
            .stdout
            .take()
            .map(|output| Box::new(output) as Box<dyn Read + Send>),
    );
    outputs.extend(
        child
            .stderr
            .take()
            .map(|output| Box::new(output) as Box<dyn Read + Send>),
    );
    let texts = outputs.into_iter().map(|mut output| {
        crate::threads::run(move || {
            let mut text = Vec::new();
            output
                .read_to_end(&mut text)
                .map(|_| String::from_utf8_lossy(&text).into_owned())
        })
    });
    let texts: Vec<_> = texts.collect();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break Some(status);
        }
        if begun.elapsed() > LIMIT {
            child.kill().expect("an end");
            child.wait().expect("a status");
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text: String = texts
        .into_iter()
        .map(|text| text.end().expect("its output"))
        .collect();
    let passed = status.is_some_and(|status| status.success());
    assert!(
        passed && text.contains("1 passed"),
        "{name} in its own process: {status:?}\n{text}"
    );
    false
}
