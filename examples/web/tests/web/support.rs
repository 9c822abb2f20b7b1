//! A server of its own for each test, on a free port of this machine, and visitors.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use tempfile::TempDir;
use tenantry::ownership::{Role, Visibility};
use tenantry::paths::TenantId;
use tenantry::quota::Limits;
use tenantry::record::Entity;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{
    ListOptions, LiveStream, NewTenant, ProfileChange, Schedule, Tenantry, Thumbnail, Token, Video, Workspace,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Server {
    pub(crate) tenantry: Tenantry,
    pub(crate) address: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
    _root: TempDir,
}

pub(crate) fn id(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

impl Server {
    /// With an admin, Ana, Ben, and a demo whose workspace is shared.
    pub(crate) async fn start() -> Self {
        Self::with_patience(Duration::from_secs(3600)).await
    }

    /// One that waits that long for requests under way when it is to stop.
    pub(crate) async fn with_patience(patience: Duration) -> Self {
        let root = tempfile::tempdir().unwrap();

        let store = LocalStore::open(root.path().join("root"), LocalOptions::default()).await.unwrap();
        let tenantry = Tenantry::builder(store).open().await.unwrap();
        tenantry.bootstrap_admin(&id("admin"), "Admin").await.unwrap();
        let admin = tenantry.session(&id("admin")).await.unwrap();
        for name in ["ana", "ben"] {
            admin.tenants().create(&id(name), NewTenant::new(Role::User)).await.unwrap();
        }
        admin.tenants().create(&id("demo"), NewTenant::new(Role::Demo)).await.unwrap();
        let shared = ProfileChange::new().visibility(Visibility::Shared);
        admin.tenants().change(&id("demo"), shared).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let serving = tenantry.clone();
        let running = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            tenantry_example_web::serve(serving, listener, stop, patience).await.unwrap();
        });
        Self { tenantry, address, stop, running, _root: root }
    }

    pub(crate) async fn limit(&self, name: &str, bytes: u64) {
        let admin = self.tenantry.session(&id("admin")).await.unwrap();
        let limits = ProfileChange::new().limits(Limits::unlimited().with_blob_bytes(bytes));
        admin.tenants().change(&id(name), limits).await.unwrap();
    }

    pub(crate) async fn visitor(&self, name: &str) -> Visitor {
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).build().unwrap();
        let visitor = Visitor { client, address: self.address.clone(), name: name.to_owned() };
        let answer = visitor.post("/login", &[("name", name)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        visitor
    }

    /// The workspace of a user, past the server.
    pub(crate) async fn own(&self, name: &str) -> Workspace {
        self.tenantry.session(&id(name)).await.unwrap().own()
    }

    /// Uploads, past the server.
    pub(crate) async fn video(&self, name: &str, title: &str, bytes: &[u8]) -> Uploaded {
        let body = std::io::Cursor::new(bytes.to_vec());
        let record = self.own(name).await.videos().upload_from(title, body).await.unwrap();
        Uploaded {
            id: record.id().to_string(),
            file: record.value().filename.to_string(),
            revision: record.revision().to_string(),
            hash: record.value().hash.clone().unwrap(),
        }
    }

    pub(crate) async fn titles(&self, name: &str) -> Vec<String> {
        let videos = self.own(name).await;
        let page = videos.videos().list(&ListOptions::new()).await.unwrap();
        page.items.into_iter().map(|video| video.into_value().title).collect()
    }

    /// The text of every record that a user has.
    pub(crate) async fn everything(&self, name: &str) -> Vec<String> {
        let own = self.own(name).await;
        let mut all = texts::<Video>(&own).await;
        all.extend(texts::<Thumbnail>(&own).await);
        all.extend(texts::<LiveStream>(&own).await);
        all.extend(texts::<Schedule>(&own).await);
        all.extend(texts::<Token>(&own).await);
        all
    }

    /// Asks it to stop, without waiting.
    pub(crate) fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.running
    }
}

async fn texts<E: Entity>(own: &Workspace) -> Vec<String> {
    let all = own.collection::<E>().list(&ListOptions::new().limit(ListOptions::MAX)).await.unwrap().items;
    all.iter().map(|record| String::from_utf8(record.text().as_bytes().to_vec()).unwrap()).collect()
}

pub(crate) struct Uploaded {
    pub(crate) id: String,
    pub(crate) file: String,
    pub(crate) revision: String,
    pub(crate) hash: String,
}

pub(crate) struct Visitor {
    client: Client,
    address: String,
    name: String,
}

impl Visitor {
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// What a browser would send as its cookie: another login of the same visitor.
    pub(crate) async fn cookie(&self) -> String {
        let answer = self.post("/login", &[("name", &self.name)]).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split_once(';').unwrap().0.to_owned()
    }

    pub(crate) async fn head(&self, path: &str) -> Response {
        self.client.head(format!("{}{path}", self.address)).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.client.post(format!("{}{path}", self.address)).form(form).send().await.unwrap()
    }

    /// A page that is there.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    /// Fills in a form that is one, on a page of the origin.
    pub(crate) async fn post_from(&self, origin: &str, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.client.post(format!("{}{path}", self.address)).header("origin", origin);
        request.form(form).send().await.unwrap()
    }

    pub(crate) async fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Response {
        self.upload_body(path, name, bytes.to_vec()).await.unwrap()
    }

    pub(crate) async fn upload_body(
        &self,
        path: &str,
        name: &str,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::Result<Response> {
        let part = Part::stream(body).file_name(name.to_owned());
        let form = Form::new().part("file", part);
        self.client.post(format!("{}{path}", self.address)).multipart(form).send().await
    }
}

/// All that tells one answer from another, but for the time of day.
pub(crate) async fn told(answer: Response) -> (StatusCode, Vec<(String, String)>, String) {
    let status = answer.status();
    let headers = answer.headers().iter().filter(|(name, _)| *name != "date");
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (status, headers, answer.text().await.unwrap())
}
