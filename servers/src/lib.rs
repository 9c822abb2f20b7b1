//! Tests of the library against real servers, and how such a server is started and stopped.

pub mod disturbing;
mod http;
pub mod proxy;
pub mod seaweed;
