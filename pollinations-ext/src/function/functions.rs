//! The Rust functions of one request, and how often a model may call them.

use super::{Function, Outcome};
use crate::base::error::{Error, ErrorKind};

/// How often a model may call functions by default.
const MAX_ROUNDS: u32 = 8;

/// The functions that a request offers with the code behind them.
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

    /// Calls the function of this name. The model is told if there is none.
    pub(crate) async fn call(&self, name: &str, arguments: &str) -> Outcome {
        match self.find(name) {
            Some(function) => function.call(arguments).await,
            None => Err(format!("there is no function `{name}`")),
        }
    }

    /// The error of a model that calls functions in one round after another.
    pub(crate) fn too_many_rounds(&self, operation: &str) -> Error {
        let rounds = self.max_rounds;
        let message = format!("the model still calls functions after {rounds} rounds; allow more with `max_rounds`");
        Error::new(ErrorKind::TooManyToolRounds, message).with_operation(operation)
    }

    fn find(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name() == name)
    }
}
