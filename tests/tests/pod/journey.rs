//! The pods of the overlays, from their start to their documents.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::time::Instant;

use canarytrace_tests::containers::{HOST, Image, Pod};
use canarytrace_tests::servers::{PracticeSite, port_of};
use procfs::process::Process;
use serde_json::Value;

use crate::support::{World, assert_ends};

/// Every document is of one run, and there once.
fn assert_whole(world: &World, pod: &Pod<'_>) {
    let ids = world.server.ids(&format!("{}*", world.prefix));
    assert!(ids.values().all(|count| *count == 1), "each document is there once: {ids:#?}");
    let spooled: usize = fs::read_dir(pod.volume("spool"))
        .expect("the spool is a volume")
        .flatten()
        .flat_map(|instance| fs::read_dir(instance.path().join("runs")).expect("it has runs").flatten())
        .filter(|run| run.path().is_dir())
        .flat_map(|run| fs::read_dir(run.path()).expect("it is a folder").flatten())
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "ndjson"))
        .map(|file| fs::read_to_string(file.path()).expect("it is text").lines().count())
        .sum();
    assert!(spooled > 0 && ids.len() == spooled, "{} of {spooled} documents arrived\n{}", ids.len(), pod.logs());
}

/// A container does what it may, and nothing else.
fn assert_confined(pod: &Pod<'_>, container: &str) {
    let process = Process::new(pod.pid(container)).expect("it runs");
    let status = process.status().expect("its status can be read");
    assert_eq!((status.ruid, status.euid), (10001, 10001), "{container}");
    assert_eq!((status.capeff, status.capbnd), (0, Some(0)), "{container} has capabilities");
    assert_eq!((status.nonewprivs, status.seccomp), (Some(1), Some(2)), "{container}");
    for place in ["/", "/usr/local/bin", "/etc", "/var/tmp", "/opt"] {
        let written = pod.exec(container, &["sh", "-c", &format!("echo x > {place}/x")]);
        assert!(!written.status.success(), "{place} of {container} can be written");
    }
    let said = pod.exec(container, &["sh", "-c", "echo x > /usr/x"]);
    assert!(String::from_utf8_lossy(&said.stderr).contains("Read-only file system"), "{said:?}");
}

/// `800m` processors, `1600M` bytes.
fn quantity(text: &str) -> f64 {
    let (number, unit) = text.split_at(text.trim_end_matches(|letter: char| letter.is_alphabetic()).len());
    let unit = match unit {
        "" => 1.0,
        "m" => 0.001,
        "M" => 1e6,
        "Mi" => 1_048_576.0,
        "G" => 1e9,
        "Gi" => 1_073_741_824.0,
        other => panic!("{other} is no unit of these manifests"),
    };
    number.parse::<f64>().expect("a number") * unit
}

#[test]
fn the_pod_of_the_user_journey_passes_and_its_documents_arrive() {
    let Some(world) = World::new() else { return };
    // As it is: the monitor visits the practice shop, which the runner serves within the pod.
    let Some(cron_job) = world.pod("user-journey") else { return };
    let pod = Pod::play(world.engine, &cron_job);
    assert_ends(&pod, 0);
    let summary = world.document("summary", &pod);
    assert_eq!(summary["monitor"]["name"], "checkout::a_customer_pays", "{summary:#}");
    assert_eq!((&summary["summary"]["up"], &summary["summary"]["down"]), (&1.into(), &0.into()), "{summary:#}");
    let revision = summary["git"]["revision"].as_str().unwrap_or_default();
    assert!(revision.len() >= 40, "the commit of the image is in the documents: {summary:#}");
    for dataset in ["report", "request-log", "performance-entries", "vitals", "memory", "usage", "availability"] {
        let documents = world.documents(dataset);
        assert!(!documents.is_empty(), "no {dataset}\n{}", pod.logs());
        assert!(documents.iter().all(|document| document["uuid"] == summary["uuid"]), "{documents:#?}");
        assert!(documents.iter().all(|document| document["git"]["revision"] == revision), "{documents:#?}");
    }
    assert_whole(&world, &pod);

    // The kubelet ends the sidecar when the runner has ended: without waiting for its grace period.
    let stopped = Instant::now();
    pod.terminate("browser");
    assert_eq!(pod.wait("browser"), 143, "{}", pod.logs());
    eprintln!("the browser's container ended {:?} after SIGTERM", stopped.elapsed());
}

/// Accepts connections, tells of the first, and never answers.
fn silent_site() -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let url = format!("http://{HOST}:{}/", port_of(&listener));
    let (asked, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().flatten() {
            kept.push(stream);
            // Of later ones nobody wants to know.
            let _ = asked.send(());
        }
    });
    (url, wait)
}

#[test]
fn a_pod_that_is_terminated_in_the_middle_delivers_what_it_has() {
    let Some(world) = World::new() else { return };
    let (url, asked) = silent_site();
    let Some(cron_job) = world.pod("user-journey") else { return };
    let cron_job = cron_job.env("runner", "BASE_URL", url);
    let pod = Pod::play(world.engine, &cron_job.clone().env("runner", "AVAILABILITY_CHECK", "no"));
    asked.recv().unwrap_or_else(|_| panic!("the browser opens the shop\n{}", pod.logs()));

    // Nothing moves now, so the pod can be looked at.
    let network = |container: &str| fs::read_link(format!("/proc/{}/ns/net", pod.pid(container))).expect("it runs");
    assert_eq!(network("runner"), network("browser"), "they share localhost");
    assert_ne!(network("runner"), fs::read_link("/proc/self/ns/net").expect("it is there"), "it is their own");
    for container in ["runner", "browser"] {
        assert_confined(&pod, container);
        let limits = pod.limits(container).expect("there are limits");
        let (memory, cpus) =
            (quantity(&cron_job.limit(container, "memory")), quantity(&cron_job.limit(container, "cpu")));
        // The kernel counts in pages, and in millionths of a second.
        assert!((limits.memory - memory).abs() < 8192.0, "{container}: {limits:?}");
        assert!((limits.cpus - cpus).abs() < 0.001, "{container}: {limits:?}");
    }
    let probe = pod.exec("browser", &cron_job.startup_probe("browser"));
    assert!(probe.status.success(), "{probe:?}");
    // Whoever reaches the driver may start programs: nobody outside of the pod does.
    let listening = pod.exec("browser", &["sh", "-c", "cat /proc/net/tcp /proc/net/tcp6"]);
    let listening = String::from_utf8_lossy(&listening.stdout).into_owned();
    let drivers: Vec<_> = listening.lines().filter(|line| line.contains(":115C 0") && line.contains(" 0A ")).collect();
    let is_local = |line: &&&str| line.contains(" 0100007F:115C ") || line.contains("01000000:115C ");
    assert!(!drivers.is_empty() && drivers.iter().filter(is_local).count() == drivers.len(), "{listening}");

    pod.terminate("runner");
    assert_ends(&pod, 143);
    let summary = world.document("summary", &pod);
    assert_eq!(summary["error"]["message"], "interrupted by SIGTERM", "{summary:#}");
    let events: Vec<_> = world.documents("report").iter().map(|document| document["event"].clone()).collect();
    for event in ["testStart", "testStepStart", "testStepEnd", "testEnd"] {
        assert!(events.contains(&event.into()), "no {event}: {events:?}\n{}", pod.logs());
    }
    assert_whole(&world, &pod);
}

/// Serves a page that takes memory until there is none, for as long as the process lives.
fn hungry_site() -> String {
    const PAGE: &str = "<!DOCTYPE html><title>Hungry</title><script>\
                        const eaten = []; for (;;) eaten.push(new Uint8Array(1 << 25).fill(1));</script>";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let url = format!("http://{HOST}:{}/", port_of(&listener));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let read = stream.read(&mut [0; 4096]);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
                read.and_then(|_| write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{PAGE}", PAGE.len()))
            });
        }
    });
    url
}

#[test]
fn a_page_that_takes_more_memory_than_the_container_may_have_is_told_as_out_of_memory() {
    let Some(world) = World::new() else { return };
    // Less than the manifest has, so that it is soon reached.
    let Some(cron_job) = world.pod("smoke-desktop") else { return };
    let cron_job = cron_job.env("runner", "BASE_URL", hungry_site()).memory("browser", "700M");
    let pod = Pod::play(world.engine, &cron_job.env("runner", "AVAILABILITY_CHECK", "no"));
    assert_ends(&pod, 102);
    let summary = world.document("summary", &pod);
    assert_eq!((&summary["error"]["type"], &summary["error"]["fault"]), (&"out_of_memory".into(), &"browser".into()));
    // The tab died of it, not the container: the driver still takes sessions.
    let state = &pod.inspect("browser")["State"];
    assert_eq!(state["Running"], true, "{state:#}\n{}", pod.logs());
    assert_whole(&world, &pod);
}

#[test]
fn the_pod_of_an_audit_runs_lighthouse() {
    let Some(world) = World::new() else { return };
    let Some(cron_job) = world.pod("audit") else { return };
    world.images.build(&[Image::Audit]);
    let site = PracticeSite::start();
    let url = format!("http://{HOST}:{}/", site.authority().rsplit(':').next().expect("it has a port"));
    let cron_job = cron_job.image("runner", world.images.name(Image::Audit)).env("runner", "BASE_URL", url);
    let pod = Pod::play(world.engine, &cron_job);
    assert_ends(&pod, 0);
    let audit = world.document("audit", &pod);
    assert_eq!(audit["source"], "lighthouse", "{audit:#}");
    assert!(audit["categories"]["performance"]["score"].as_f64().is_some_and(|score| score > 0.0), "{audit:#}");
    assert!(!matches!(audit["audits"]["largest-contentful-paint"]["numericValue"], Value::Null), "{audit:#}");
    assert_whole(&world, &pod);
}
