//! The Rust functions of one request, with the limit on rounds.

use super::{Function, Outcome};
use crate::base::error::{Error, ErrorKind};

/// The default maximum number of rounds.
const MAX_ROUNDS: u32 = 8;

/// The functions of a request, with their code.
#[derive(Clone, Debug)]
pub(crate) struct Functions {
    functions: Vec<Function>,
    pub(crate) max_rounds: u32,
}

impl Default for Functions {
    fn default() -> Self {
        Self { functions: Vec::new(), max_rounds: MAX_ROUNDS }
    }
}

impl Functions {
    pub(crate) fn add(&mut self, function: Function) {
        self.functions.push(function);
    }

    pub(crate) fn have(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Calls a function by its name. If there is no such function, the model gets an error message.
    pub(crate) async fn call(&self, name: &str, arguments: &str) -> Outcome {
        match self.find(name) {
            Some(function) => function.call(arguments).await,
            None => Err(format!("there is no function `{name}`")),
        }
    }

    /// The error if the model still calls functions after the last round.
    pub(crate) fn too_many_rounds(&self, operation: &str) -> Error {
        let rounds = self.max_rounds;
        let message = format!("the model still calls functions after {rounds} rounds; allow more with `max_rounds`");
        Error::new(ErrorKind::TooManyToolRounds, message).with_operation(operation)
    }

    fn find(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name() == name)
    }
}
