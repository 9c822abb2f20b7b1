//! A proxy between the library and a server that disturbs what passes: what it does is data, drawn from a
//! seed, and counted, so that a test can see that it was done.
//!
//! What a request says is not changed (but by [`Disturbance::Flip`]), so that its signature holds.

use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::http::Head;

/// The longest that anything is held back, in milliseconds.
const LONGEST_DELAY: u64 = 12;

/// What is done to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disturbance {
    /// It does not reach the server, and the connection ends.
    DropRequest,
    /// Half of its body reaches the server, and both connections end.
    CutRequest,
    /// It reaches the server with one bit of its body's middle byte changed.
    Flip,
    /// It is held back for some milliseconds.
    Delay,
    /// It reaches the server twice, and the second answer is passed on.
    Duplicate,
    /// It reaches the server once more some milliseconds after its answer was passed on.
    DuplicateLate,
    /// The server does what it says, and the connection ends without an answer.
    DropAnswer,
    /// The server does what it says, and 503 is answered.
    Unavailable,
    /// Half of the answer's body is passed on, and the connection ends.
    CutAnswer,
}

/// To which requests something is done, and how often.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What is done.
    pub what: Disturbance,
    /// Only to requests of that method.
    pub method: Option<&'static str>,
    /// Only to requests whose path and query hold this.
    pub target: String,
    /// After how many of those.
    pub after: u64,
    /// In how many of a thousand cases.
    pub per_mille: u64,
    /// How often at the most.
    pub times: u64,
}

impl Rule {
    /// It is done in so many of a thousand requests, whatever they are.
    #[must_use]
    pub const fn sometimes(what: Disturbance, per_mille: u64) -> Self {
        Self { what, method: None, target: String::new(), after: 0, per_mille, times: u64::MAX }
    }

    /// It is done to the first so many requests of that method whose path and query hold this.
    #[must_use]
    pub fn first(times: u64, what: Disturbance, method: &'static str, target: &str) -> Self {
        Self { what, method: Some(method), target: target.to_owned(), after: 0, per_mille: 1000, times }
    }

    /// The same, after so many of those requests that are left alone.
    #[must_use]
    pub fn after(self, requests: u64) -> Self {
        Self { after: requests, ..self }
    }
}

/// How often what was done to requests of which method.
pub type Tally = BTreeMap<(Disturbance, String), u64>;

/// Draws what is done to the next request: the first rule whose die falls.
#[derive(Debug)]
struct Dice {
    state: u64,
    rules: Vec<Rule>,
    tally: Tally,
}

impl Dice {
    /// The next number (SplitMix64).
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn draw(&mut self, request: &Head) -> Option<Disturbance> {
        for at in 0..self.rules.len() {
            let falls = self.next() % 1000;
            let rule = &mut self.rules[at];
            let meant = rule.method.is_none_or(|method| method == request.word(0))
                && request.word(1).contains(&rule.target);
            if meant && rule.after > 0 {
                rule.after -= 1;
            } else if meant && rule.times > 0 && falls < rule.per_mille {
                rule.times -= 1;
                return Some(rule.what);
            }
        }
        None
    }
}

/// A proxy that disturbs; it ends when it is dropped.
#[derive(Debug)]
pub struct DisturbingProxy {
    port: u16,
    dice: Arc<Mutex<Dice>>,
    late: Arc<tokio::sync::Mutex<JoinSet<()>>>,
    task: JoinHandle<()>,
}

impl Drop for DisturbingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl DisturbingProxy {
    /// Stands before the server at that port, and passes everything on as it is until it is told otherwise.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn before(server: u16, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let dice = Arc::new(Mutex::new(Dice { state: seed, rules: Vec::new(), tally: Tally::new() }));
        let late = Arc::default();
        let line = Line { server, dice: Arc::clone(&dice), late: Arc::clone(&late) };
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let line = line.clone();
                // A connection that breaks is the client's to see.
                tokio::spawn(async move { drop(line.serve(client).await) });
            }
        });
        Ok(Self { port, dice, late, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// From now on these rules hold, and no others.
    pub fn disturb(&self, rules: Vec<Rule>) {
        lock(&self.dice).rules = rules;
    }

    /// What was done so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        lock(&self.dice).tally.clone()
    }

    /// Waits until every late request has been answered.
    pub async fn settle(&self) {
        let mut late = self.late.lock().await;
        while late.join_next().await.is_some() {}
    }
}

/// A request, whole.
struct Request {
    head: Head,
    body: Vec<u8>,
}

impl Request {
    fn bytes(&self) -> Vec<u8> {
        [self.head.text.as_bytes(), &self.body].concat()
    }
}

/// Where requests go.
#[derive(Clone)]
struct Line {
    server: u16,
    dice: Arc<Mutex<Dice>>,
    late: Arc<tokio::sync::Mutex<JoinSet<()>>>,
}

/// Whether the connection to the client goes on.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    End,
}

impl Line {
    async fn serve(&self, client: TcpStream) -> Result<()> {
        let (from_client, mut to_client) = client.into_split();
        let mut from_client = BufReader::new(from_client);
        while let Some(head) = Head::read(&mut from_client).await? {
            let mut body = Vec::new();
            head.pass_body(&mut from_client, &mut body).await?;
            let request = Request { head, body };
            let what = lock(&self.dice).draw(&request.head);
            let then = self.pass(request, what, &mut to_client).await?;
            to_client.flush().await?;
            if then == Then::End {
                break;
            }
        }
        Ok(())
    }

    /// Passes a request and its answer on, or what is made of them.
    async fn pass(
        &self,
        mut request: Request,
        what: Option<Disturbance>,
        to_client: &mut (impl AsyncWriteExt + Unpin),
    ) -> Result<Then> {
        match what {
            Some(what @ Disturbance::DropRequest) => {
                self.count(what, &request);
                return Ok(Then::End);
            }
            Some(what @ Disturbance::CutRequest) if request.body.len() > 1 => {
                self.count(what, &request);
                request.body.truncate(request.body.len() / 2);
                self.connect().await?.write_all(&request.bytes()).await?;
                return Ok(Then::End);
            }
            Some(what @ Disturbance::Flip) if !request.body.is_empty() => {
                self.count(what, &request);
                let middle = request.body.len() / 2;
                request.body[middle] ^= 1;
            }
            Some(what @ Disturbance::Delay) => {
                self.count(what, &request);
                self.wait().await;
            }
            Some(what @ Disturbance::Duplicate) => {
                self.send_for_nothing(&request).await?;
                self.count(what, &request);
            }
            Some(what @ Disturbance::DropAnswer) => {
                self.send_for_nothing(&request).await?;
                self.count(what, &request);
                return Ok(Then::End);
            }
            Some(what @ Disturbance::Unavailable) => {
                self.send_for_nothing(&request).await?;
                self.count(what, &request);
                to_client.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").await?;
                return Ok(Then::GoOn);
            }
            _ => {}
        }
        let then = self.answer(&request, what, to_client).await?;
        if what == Some(Disturbance::DuplicateLate) {
            self.count(Disturbance::DuplicateLate, &request);
            self.send_late(request).await;
        }
        Ok(then)
    }

    /// Sends a request, and passes its answer on or half of it.
    async fn answer(
        &self,
        request: &Request,
        what: Option<Disturbance>,
        to_client: &mut (impl AsyncWriteExt + Unpin),
    ) -> Result<Then> {
        let (answer, mut server) = self.send(request).await?;
        to_client.write_all(answer.text.as_bytes()).await?;
        if !answer.answers_with_body(request.head.word(0)) {
            return Ok(Then::GoOn);
        }
        if what != Some(Disturbance::CutAnswer) {
            answer.pass_body(&mut server, to_client).await?;
            return Ok(Then::GoOn);
        }
        let mut body = Vec::new();
        answer.pass_body(&mut server, &mut body).await?;
        if body.len() > 1 {
            self.count(Disturbance::CutAnswer, request);
            body.truncate(body.len() / 2);
        }
        to_client.write_all(&body).await?;
        Ok(Then::End)
    }

    async fn send_late(&self, request: Request) {
        let line = self.clone();
        self.late.lock().await.spawn(async move {
            line.wait().await;
            // Nobody hears of its answer.
            drop(line.send_for_nothing(&request).await);
        });
    }

    fn count(&self, what: Disturbance, request: &Request) {
        *lock(&self.dice).tally.entry((what, request.head.word(0).to_owned())).or_default() += 1;
    }

    async fn wait(&self) {
        let milliseconds = lock(&self.dice).next() % LONGEST_DELAY + 1;
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    async fn connect(&self) -> Result<BufReader<TcpStream>> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.server));
        TcpStream::connect(address).await.map(BufReader::new)
    }

    /// Sends a request on a connection of its own, and waits for the beginning of the answer.
    async fn send(&self, request: &Request) -> Result<(Head, BufReader<TcpStream>)> {
        let mut server = self.connect().await?;
        server.write_all(&request.bytes()).await?;
        let answer = Head::read(&mut server).await?.ok_or_else(|| Error::other("no answer"))?;
        Ok((answer, server))
    }

    /// Sends a request, and lets go of the answer once it is whole.
    async fn send_for_nothing(&self, request: &Request) -> Result<()> {
        let (answer, mut server) = self.send(request).await?;
        if answer.answers_with_body(request.head.word(0)) {
            answer.pass_body(&mut server, &mut tokio::io::sink()).await?;
        }
        Ok(())
    }
}
