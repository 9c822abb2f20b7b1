//! What is another's looks missing, whatever is asked for.

use tenantry::migrate::LegacyWorkspace;
use tenantry::ownership::{Action, Decision, DefaultPolicy, OwnershipPolicy, Reason, Request, Resource};
use tenantry::paths::CollectionName;
use tenantry::{ByteRange, Error, ErrorKind, LiveStream, Thumbnail, Token, Video};

use crate::host::{Host, file, record, tree};

/// Everything that can be asked of a workspace, for what ana has, and what came of it.
async fn asked(workspace: &LegacyWorkspace) -> Vec<Result<(), Error>> {
    vec![
        workspace.list::<Video>().await.map(drop),
        workspace.list::<Thumbnail>().await.map(drop),
        workspace.list::<LiveStream>().await.map(drop),
        workspace.list::<Token>().await.map(drop),
        workspace.get::<Video>(&record("1")).await.map(drop),
        workspace.get::<LiveStream>(&record("s1")).await.map(drop),
        workspace.token(&file("channel.json")).await.map(drop),
        workspace.video(&file("a.mp4")).await.map(drop),
        workspace.thumbnail(&file("a.png")).await.map(drop),
        workspace.open_video(&file("a.mp4"), ByteRange::All).await.map(drop),
        workspace.open_thumbnail(&file("a.png"), ByteRange::All).await.map(drop),
    ]
}

#[tokio::test]
async fn a_foreign_one_looks_as_one_that_there_is_not_whatever_is_asked_for() {
    let host = Host::over(tree()).await;
    assert!(asked(&host.own("ana").await).await.iter().all(Result::is_ok));
    for who in ["budi", "show", "admin"] {
        host.decided.taken();
        let foreign = asked(&host.seen(who, "ana").await).await;
        let decided = host.decided.taken();
        assert_eq!(decided.len(), foreign.len());
        assert!(decided.iter().all(|said| said.ends_with("in ana: hide")), "{decided:?}");
        let missing = asked(&host.seen(who, "nobody").await).await;
        let told = |answers: Vec<Result<(), Error>>| -> Vec<String> {
            answers.into_iter().map(|answer| format!("{:?}", answer.unwrap_err())).collect()
        };
        let foreign = told(foreign);
        assert!(
            foreign.iter().all(|error| error.contains("NotFound") && !error.contains("ana")),
            "{foreign:?}"
        );
        assert_eq!(foreign, told(missing));
    }
}

#[tokio::test]
async fn another_s_by_the_name_of_its_file_is_not_in_one_s_own() {
    let host = Host::over(tree()).await;
    let own = host.own("budi").await;
    for answer in [
        own.open_video(&file("a.mp4"), ByteRange::All).await.map(drop),
        own.video(&file("a.mp4")).await.map(drop),
        own.get::<Video>(&record("1")).await.map(drop),
        own.token(&file("channel.json")).await.map(drop),
    ] {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert!(host.decided.taken().iter().all(|said| said.ends_with("in budi: allow")));
}

#[tokio::test]
async fn what_may_be_done_is_what_the_policy_says_and_asking_is_not_recorded() {
    let host = Host::over(tree()).await;
    let videos = Resource::Collection(CollectionName::VIDEOS);
    host.decided.taken();
    let own = host.own("show").await;
    assert_eq!(own.can(Action::ListVideos, &videos).await.unwrap(), Decision::Allow(Reason::Own));
    assert_eq!(own.can(Action::UploadVideo, &videos).await.unwrap(), Decision::Deny(Reason::ReadOnly));
    let foreign = host.seen("show", "ana").await;
    assert_eq!(foreign.can(Action::ListVideos, &videos).await.unwrap(), Decision::Hide(Reason::Foreign));
    assert!(host.decided.taken().is_empty());
}

/// Everybody reads everything but tokens.
struct Open;

impl OwnershipPolicy for Open {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let tokens = [Action::ReadToken, Action::ListTokens].contains(&request.action());
        match tokens || request.is_own() {
            true => DefaultPolicy.decide(request),
            false => Decision::Allow(Reason::Shared),
        }
    }
}

#[tokio::test]
async fn whoever_may_not_read_tokens_sees_no_secret_of_any_record() {
    let host = Host::with(tree(), Open).await;
    let own = host.own("ana").await.list::<LiveStream>().await.unwrap();
    assert_eq!(own[0].value().stream_key.as_ref().unwrap().expose(), "key of ana");
    let seen = host.seen("budi", "ana").await;
    let streams = seen.list::<LiveStream>().await.unwrap();
    assert!(!String::from_utf8_lossy(streams[0].text().as_bytes()).contains("key of ana"));
    assert_eq!(seen.get::<LiveStream>(&record("s1")).await.unwrap(), streams[0]);
    assert_eq!(seen.token(&file("channel.json")).await.unwrap_err().kind(), ErrorKind::NotFound);
    // Of a token's record nothing is left without its content.
    assert_eq!(seen.list::<Token>().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(seen.list::<Video>().await.unwrap().len(), 1);
}
