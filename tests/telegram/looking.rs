//! What is seen from outside: `doctor` looks at the service, and the owner asks how the house is.

use aisaac::message::millis;
use aisaac::messenger::telegram::{Look, LookError, TelegramOptions, Token, Webhook, look};

use crate::fake::{Fault, Server, TOKEN, USERNAME};
use crate::world::World;

fn options(server: &Server) -> TelegramOptions {
    TelegramOptions { server: server.url(), ..TelegramOptions::new(Token::new(TOKEN).unwrap()) }
}

#[tokio::test]
async fn a_look_says_who_the_bot_is_and_disturbs_nobody() {
    let world = World::new().await;
    let (server, ana) = (&world.server, world.ana);
    let seen = look(&options(server)).await.unwrap();
    let off = aisaac::app::clock::now() - seen.date.unwrap();
    assert!(off.abs() < i64::try_from(millis(crate::world::LONG)).unwrap(), "{off} ms");
    let expected = Look { username: USERNAME.to_owned(), date: seen.date, ..Look::default() };
    assert_eq!(seen, expected);
    server.say(ana, ana, "What is a fjord?");
    let read = world.reads(ana, 1).await;
    assert!(read[0].starts_with("You said: What is a fjord?"), "{read:?}");
}

#[tokio::test]
async fn a_webhook_and_a_refusal_are_seen_as_such() {
    let server = Server::start().await;
    server.set_reads_all(true);
    server.set_webhook("https://example.org/secret");
    let seen = look(&options(&server)).await.unwrap();
    assert_eq!(seen.webhook, Some(Webhook { host: "example.org".to_owned(), last_error: None }));
    assert!(seen.reads_all);
    server.fail_next("getMe", Fault::RetryAfter(7));
    let many = look(&options(&server)).await;
    assert!(matches!(many, Err(LookError::TooMany(wait)) if wait.as_secs() == 7), "{many:?}");
    server.fail_next("getWebhookInfo", Fault::Garbage);
    let odd = look(&options(&server)).await;
    assert!(matches!(odd, Err(LookError::Odd(_))), "{odd:?}");
    server.set_token(&TOKEN.replace("Fake", "Else"));
    assert_eq!(look(&options(&server)).await, Err(LookError::Token));
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_owner_learns_what_the_service_shows_of_groups() {
    let world = World::new().await;
    let (server, ana, member) = (&world.server, world.ana, world.member(0));
    server.say(ana, ana, "/status");
    server.say(member, member, "/status");
    let told = &world.reads(ana, 1).await[0];
    for line in ["All is well.", "telegram: last heard from ", "telegram: privacy mode is on."] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert_eq!(world.reads(member, 1).await, ["Only my owner can do that."]);
}
