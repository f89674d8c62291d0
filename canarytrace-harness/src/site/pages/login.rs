//! `/login` and `/logout`.

use axum::extract::Query;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};

/// E-mail address of the practice visitor. It is public and stands on the login page.
pub const PRACTICE_USER: &str = "ada@example.com";

/// Password of the practice visitor. It is public and stands on the login page.
pub const PRACTICE_PASSWORD: &str = "correct horse battery staple";

/// What the shop calls the practice visitor.
pub(in crate::site) const PRACTICE_USER_NAME: &str = "Ada";

/// Where a login may lead. Anywhere else would make the shop a signpost to other people's pages.
const DESTINATIONS: [&str; 3] = ["/", "/basket", "/checkout"];

/// Login and logout.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new().route("/login", get(form).post(log_in)).route("/logout", post(log_out))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Login {
    email: String,
    password: String,
    next: String,
}

async fn form(session: Session, Query(login): Query<Login>) -> Response {
    login_page(session, &login, false)
}

async fn log_in(mut session: Session, Form(login): Form<Login>) -> Response {
    if login.email.trim().eq_ignore_ascii_case(PRACTICE_USER) && login.password == PRACTICE_PASSWORD {
        session.renew();
        session.change(|visitor| {
            visitor.signed_in = true;
            visitor.notice = Some(format!("You are logged in as {PRACTICE_USER_NAME}."));
        });
        return session.redirect(destination(&login.next));
    }
    // Answered with 200, as most shops do: an error status would be an entry in the browser's console as well, and the
    // journeys here should be quiet unless a page is there to make noise.
    login_page(session, &login, true)
}

async fn log_out(mut session: Session) -> Response {
    session.change(|visitor| {
        visitor.signed_in = false;
        visitor.notice = Some("You are logged out.".to_owned());
    });
    session.redirect("/")
}

fn destination(next: &str) -> &'static str {
    DESTINATIONS.into_iter().find(|known| *known == next).unwrap_or("/")
}

fn login_page(session: Session, login: &Login, refused: bool) -> Response {
    let problem = r#"<p class="problem" role="alert" data-test="login-error">E-mail address or password is wrong.</p>"#;
    let content = html!(
        r#"<div class="narrow">
<h1>Log in</h1>
{problem}
<form class="panel stack" method="post" action="/login">
<input type="hidden" name="next" value="{next}">
<div class="field"><label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" value="{email}" data-test="email"></div>
<div class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" data-test="password"></div>
<button class="button wide" data-test="log-in">Log in</button>
</form>
<p class="hint">Everyone may use the practice account:<br>
<code data-test="practice-user">{user}</code> with the password <code data-test="practice-password">{password}</code></p>
</div>"#,
        problem = refused.then(|| Markup::of_ours(problem)),
        next = destination(&login.next),
        email = login.email,
        user = PRACTICE_USER,
        password = PRACTICE_PASSWORD,
    );
    session.page(Page::new("Log in", "logging in with a secret, and seeing a wrong password refused.", content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    const RIGHT: [(&str, &str); 2] = [("email", PRACTICE_USER), ("password", PRACTICE_PASSWORD)];

    #[tokio::test]
    async fn the_practice_credentials_log_in_and_out() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        let answer = client.post("/login", &RIGHT).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"));
        assert_eq!(client.get("/").await.text_of("account-name"), "Ada");
        assert_eq!(client.post("/logout", &[]).await.status, 303);
        let page = client.get("/").await;
        assert_eq!(page.text_of("notice"), "You are logged out.");
        assert!(!page.body.contains("account-name"));
    }

    #[tokio::test]
    async fn a_wrong_password_is_refused_with_an_alert_and_not_repeated() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        for (email, password) in [
            (PRACTICE_USER, "wrong but private"),
            (PRACTICE_USER, ""),
            ("eve@example.com", PRACTICE_PASSWORD),
            (r#""><script>alert(1)</script>"#, "x"),
        ] {
            let page = client.post("/login", &[("email", email), ("password", password)]).await;
            assert_eq!(page.text_of("login-error"), "E-mail address or password is wrong.");
            assert!(page.body.contains(r#"role="alert""#));
            assert!(!page.body.contains("wrong but private") && !page.body.contains("<script>alert"));
            assert!(!client.get("/").await.body.contains("account-name"));
        }
    }

    #[tokio::test]
    async fn a_login_keeps_the_basket_under_another_id() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        client.post("/basket/add", &[("product", "lamp"), ("quantity", "2")]).await;
        let before = client.cookie().to_owned();
        client.post("/login", &RIGHT).await;
        assert_ne!(client.cookie(), before);
        assert_eq!(client.get("/").await.text_of("basket-count"), "2 items");
        client.set_cookie(&before);
        assert_eq!(client.get("/").await.text_of("basket-count"), "0 items", "the old id is nobody's");
    }

    #[tokio::test]
    async fn a_login_leads_only_to_pages_of_the_shop() {
        let site = TestSite::start();
        for (next, expected) in [
            ("/checkout", "/checkout"),
            ("//evil.example", "/"),
            ("https://evil.example/", "/"),
            ("/\\evil.example", "/"),
            ("/checkout\r\nx: y", "/"),
        ] {
            let mut client = Client::new(&site);
            let answer = client.post("/login", &[RIGHT[0], RIGHT[1], ("next", next)]).await;
            assert_eq!(answer.header("location"), expected, "{next}");
        }
    }
}
