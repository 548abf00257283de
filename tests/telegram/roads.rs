//! Roads to the service: one that is dead without saying so, a proxy, and a Bot API server of one's own that shares our disk.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aisaac::app::clock;
use aisaac::message::{Cause, Level};
use aisaac::messenger::telegram::TelegramOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::fake::{DOWNLOAD, Fault, Post};
use crate::models::sound;
use crate::world::{LONG, Plan, World};

fn with(options: impl Fn(&mut TelegramOptions) + Send + Sync + 'static) -> Plan {
    Plan { options: Arc::new(options), ..Plan::default() }
}

const QUESTION: &str = "What is a fjord?";
const ANSWER: &str = "You said: What is a fjord? (0 before)";

#[tokio::test]
async fn after_two_minutes_without_a_poll_health_is_red() {
    let world = World::new().await;
    world.until("a beat", || async { world.health.state(clock::now()).polls.contains_key("telegram") }).await;
    world.server.fail_always("getUpdates", Fault::Garbage);
    world.until_logged("Telegram does not answer as it should").await;
    let now = clock::now();
    let last = now - world.health.state(now).polls["telegram"];
    let later = |ms: i64| world.health.state(last + ms);
    assert_eq!(later(119_999).level, Level::Green);
    let red = later(120_000);
    assert_eq!((red.level, &red.causes[0].cause), (Level::Red, &Cause::Poll("telegram".to_owned())));
}

/// Polls fail for so long; how many connections more there were than before.
async fn connections(watchdog: Duration) -> usize {
    let world = World::with(with(move |options| options.watchdog = watchdog)).await;
    let ana = world.ana;
    world.server.say(ana, ana, QUESTION);
    world.reads(ana, 1).await;
    let (before, polls) = (world.server.connections(), world.server.calls("getUpdates").len());
    world.server.fail_times("getUpdates", 3, Fault::Garbage);
    world.server.wait_for(LONG, |seen| seen.calls("getUpdates").count() > polls + 4).await;
    world.server.say(ana, ana, "And a bay?");
    world.reads(ana, 2).await;
    world.server.connections() - before
}

#[tokio::test]
async fn a_watchdog_makes_the_connection_anew_when_no_poll_ends_well() {
    let (patient, eager) = tokio::join!(connections(LONG), connections(Duration::ZERO));
    // One more may be needed by what is sent meanwhile.
    assert!(patient <= 1, "{patient}: a connection that works is kept");
    assert!(eager >= 3, "{eager}: one after each failure");
}

/// A proxy on loopback, and how many connections went through it. It goes when it is dropped.
struct Proxy {
    url: String,
    used: Arc<AtomicUsize>,
    _serves: JoinSet<()>,
}

impl Proxy {
    async fn starts(scheme: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let (used, socks) = (Arc::new(AtomicUsize::new(0)), scheme == "socks5");
        let (count, mut serves) = (used.clone(), JoinSet::new());
        serves.spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((line, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                // Whoever hangs up early is of no interest.
                lines.spawn(async move { if socks { socks5(line).await } else { http(line).await } });
            }
        });
        Self { url, used, _serves: serves }
    }
}

/// RFC 1928: no authentication, CONNECT to an IPv4 address.
async fn socks5(mut line: TcpStream) -> std::io::Result<()> {
    let mut hello = [0; 2];
    line.read_exact(&mut hello).await?;
    line.read_exact(&mut vec![0; usize::from(hello[1])]).await?;
    line.write_all(&[5, 0]).await?;
    let mut wanted = [0; 10];
    line.read_exact(&mut wanted).await?;
    assert_eq!(wanted[..4], [5, 1, 0, 1]);
    let port = u16::from_be_bytes([wanted[8], wanted[9]]);
    let mut service =
        TcpStream::connect((Ipv4Addr::new(wanted[4], wanted[5], wanted[6], wanted[7]), port)).await?;
    line.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut line, &mut service).await.map(drop)
}

/// What an HTTP proxy does for `http://`: the request names the whole address.
async fn http(mut line: TcpStream) -> std::io::Result<()> {
    let mut head = vec![0; 16_384];
    let length = line.peek(&mut head).await?;
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    let (_, address) = head.split_once(" http://").expect("the whole address");
    let mut service = TcpStream::connect(address.split('/').next().unwrap()).await?;
    copy_bidirectional(&mut line, &mut service).await.map(drop)
}

#[tokio::test]
async fn everything_goes_through_a_proxy() {
    for scheme in ["socks5", "http"] {
        let proxy = Proxy::starts(scheme).await;
        let url = proxy.url.clone();
        let world = World::with(with(move |options| options.proxy = Some(url.clone()))).await;
        let (ana, bob) = (world.ana, world.member(0));
        world.server.say(ana, ana, "draw a fox");
        world.server.post(Post::by(bob, bob).voice(sound(0), 1));
        world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.is_photo())).await;
        world.reads(bob, 1).await;
        world.rests().await;
        assert_eq!(world.server.calls(DOWNLOAD).len(), 1, "recordings, too");
        let (used, connections) = (proxy.used.load(Ordering::SeqCst), world.server.connections());
        assert!(used > 0 && used == connections, "{scheme}: {used} of {connections}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_away_is_waited_for_and_said_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("socks5://{}", listener.local_addr().unwrap());
    drop(listener);
    let world = World::with(with(move |options| options.proxy = Some(url.clone()))).await;
    world.server.say(world.ana, world.ana, QUESTION);
    world.until_logged("Telegram cannot be reached").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(world.log.count("Telegram cannot be reached"), 1, "{}", world.log.text());
    assert_eq!(world.server.connections(), 0, "nothing goes past the proxy");
}

#[tokio::test]
async fn an_own_server_with_a_path_of_its_own_is_spoken_to() {
    let mut world = World::asleep(Plan::default()).await;
    // A slash at the end, as people write it.
    world.replan(|plan| plan.options = Arc::new(|options| options.server.push('/')));
    world.starts().await;
    let ana = world.ana;
    world.server.say(ana, ana, QUESTION);
    assert_eq!(world.reads(ana, 1).await, [ANSWER]);
}

#[tokio::test]
async fn a_recording_that_an_own_server_has_laid_down_beside_us_is_read_there() {
    let world = World::new().await;
    let (bob, disk) = (world.member(0), tempfile::tempdir().unwrap());
    world.server.set_local(disk.path());
    world.server.post(Post::by(bob, bob).voice(sound(0), 1));
    assert!(world.reads(bob, 1).await[0].ends_with(ANSWER), "{:?}", world.read(bob));
    assert!(world.server.calls(DOWNLOAD).is_empty());
    let left = std::fs::read_dir(disk.path()).unwrap().count();
    assert_eq!(left, 1, "the server's file stays the server's");
}

#[tokio::test]
async fn a_file_of_this_machine_that_is_not_the_servers_is_not_read() {
    let world = World::new().await;
    let (bob, disk) = (world.member(0), tempfile::tempdir().unwrap());
    world.server.set_local(disk.path());
    let folder = disk.path().join(world.server.token());
    std::fs::create_dir_all(folder.join("voice")).unwrap();
    let secret = disk.path().join("secret.wav");
    std::fs::write(&secret, sound(0)).unwrap();
    std::os::unix::fs::symlink(&secret, folder.join("linked.wav")).unwrap();
    let status = std::process::Command::new("mkfifo").arg(folder.join("never")).status().unwrap();
    assert!(status.success());
    let told = |path: &Path| path.to_str().unwrap().to_owned();
    let paths = [
        told(&secret),
        told(&folder.join("../secret.wav")),
        told(&folder.join("linked.wav")),
        told(&folder.join("voice")),
        told(&folder.join("never")),
        told(&folder.join("gone.wav")),
    ];
    for (number, path) in paths.iter().enumerate() {
        world.server.say_path(Some(path));
        world.server.post(Post::by(bob, bob).voice(sound(0), 1));
        let read = world.reads(bob, number + 1).await;
        assert!(read[number].contains("did not reach me"), "{path}: {read:?}");
    }
    // What it names rightly comes all the same.
    world.server.say_path(None);
    world.server.post(Post::by(bob, bob).voice(sound(0), 1));
    assert!(world.reads(bob, paths.len() + 1).await.last().unwrap().contains("You said: "));
}

#[tokio::test]
async fn a_download_that_is_to_come_later_is_fetched_later() {
    for fault in [Fault::RetryAfter(1), Fault::status(500, "Internal Server Error"), Fault::Drop] {
        let world = World::new().await;
        let bob = world.member(0);
        world.server.fail_times(DOWNLOAD, 1, fault.clone());
        world.server.post(Post::by(bob, bob).voice(sound(0), 1));
        assert!(world.reads(bob, 1).await[0].ends_with(ANSWER), "{fault:?}: {:?}", world.read(bob));
    }
}
