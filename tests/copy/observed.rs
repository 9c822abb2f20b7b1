//! All that can be seen of a tenant.

use std::collections::BTreeMap;

use tenantry::record::Entity;
use tenantry::{
    ListOptions, LiveStream, Schedule, StreamKey, Thumbnail, Token, Verification, Video, Workspace,
};

use crate::world::{Looped, Unheard};

pub(crate) type Observed = BTreeMap<&'static str, Vec<String>>;

/// All records of a kind with their revisions, page by page, forwards and backwards.
async fn records<E: Entity>(workspace: &Workspace) -> Vec<String> {
    let mut found = Vec::new();
    for forwards in [true, false] {
        let mut options = ListOptions::new().limit(2);
        options = if forwards { options.in_order() } else { options };
        loop {
            let page = workspace.collection::<E>().list(&options).await.unwrap();
            for record in &page.items {
                let text = String::from_utf8(record.text().as_bytes().to_vec()).unwrap();
                found.push(format!("{} {text}", record.revision()));
            }
            match page.next {
                Some(next) => options = options.after(next),
                None => break,
            }
        }
    }
    found
}

/// Everything, as a map that can be compared.
pub(crate) async fn observe(own: &Workspace) -> Observed {
    let mut seen = Observed::from([
        ("videos", records::<Video>(own).await),
        ("thumbnails", records::<Thumbnail>(own).await),
        ("live_streams", records::<LiveStream>(own).await),
        ("schedules", records::<Schedule>(own).await),
        ("tokens", records::<Token>(own).await),
        ("stream_mapping", records::<StreamKey>(own).await),
        ("looped_videos", records::<Looped>(own).await),
        ("unheard", records::<Unheard>(own).await),
        ("profile", vec![format!("{:?}", own.profile().await.unwrap())]),
        ("usage", vec![format!("{:?}", own.usage().await.unwrap().0.counts)]),
    ]);
    let all = ListOptions::new().limit(1000);
    let mut files = Vec::new();
    for video in own.videos().list(&all).await.unwrap().items {
        let (name, head) = (&video.value().filename, own.videos().head(video.id()).await.unwrap());
        let bytes = own.videos().open(name).await.unwrap().bytes().await.unwrap();
        assert_eq!(own.videos().verify(name).await.unwrap(), Verification::Intact);
        files.push(format!("{name} {head:?} {bytes:?}"));
    }
    for thumbnail in own.thumbnails().list(&all).await.unwrap().items {
        let name = &thumbnail.value().filename;
        let bytes = own.thumbnails().open(name).await.unwrap().bytes().await.unwrap();
        files.push(format!("{name} {bytes:?}"));
    }
    seen.insert("files", files);
    let mut secrets = Vec::new();
    for token in own.tokens().list(&all).await.unwrap().items {
        let token = own.tokens().read(&token.value().filename).await.unwrap();
        secrets.push(token.value().content.expose().to_owned());
    }
    for key in own.stream_keys().list(&all).await.unwrap().items {
        let key = own.stream_keys().read(&key.value().token_file, &key.value().stream_id).await.unwrap();
        secrets.push(key.value().cdn.as_ref().map(|cdn| format!("{cdn:?}")).unwrap_or_default());
    }
    seen.insert("secrets", secrets);
    seen
}
