//! Reports in CSV.

use serde_json::{Map, Number, Value};

use crate::{
    base::{
        error::{Error, ErrorKind},
        json::{Read, read_value},
    },
    exchange::raw::RawResponse,
};

/// Parses CSV with a header line. Each row becomes a JSON object. Columns that the type lacks are in the `extra()` of
/// a row.
pub(super) fn rows<T: Read>(response: &RawResponse, operation: &str) -> Result<Vec<T>, Error> {
    let failed = |line: u64| {
        let error = Error::new(ErrorKind::Decode, format!("line {line} of the table cannot be read"));
        error.with_operation(operation).with_request_id(response.request_id().map(str::to_owned))
    };
    // A row may have fewer cells than the header line. The last row must then end with a line break: without it, the table
    // may be truncated.
    let is_complete = response.body().ends_with(b"\n");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(response.body().as_ref());
    let names = reader.headers().map_err(|_| failed(1))?.clone();
    let mut rows = Vec::new();
    let mut records = reader.records().enumerate().peekable();
    while let Some((row, record)) = records.next() {
        let record = record.map_err(|error| failed(error.position().map_or(row as u64 + 2, csv::Position::line)))?;
        let line = record.position().map_or(row as u64 + 2, csv::Position::line);
        if record.len() < names.len() && !is_complete && records.peek().is_none() {
            return Err(failed(line));
        }
        let object: Map<String, Value> =
            names.iter().zip(&record).map(|(name, cell)| (name.to_owned(), json_of(cell))).collect();
        rows.push(read_value(&Value::Object(object)).map_err(|_| failed(line))?);
    }
    Ok(rows)
}

/// Converts a cell to JSON: a number if it looks like one, null if it is empty or `undefined`, otherwise text.
fn json_of(cell: &str) -> Value {
    match cell {
        "" | "undefined" => Value::Null,
        "true" | "false" => Value::Bool(cell == "true"),
        _ => match serde_json::from_str::<Number>(cell) {
            Ok(number) if number.to_string() == cell || number.is_f64() => Value::Number(number),
            _ => cell.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_null_booleans_numbers_or_text() {
        for (cell, value) in [
            ("", Value::Null),
            ("undefined", Value::Null),
            ("true", Value::Bool(true)),
            ("5", Value::from(5)),
            ("0.5", Value::from(0.5)),
            ("007", Value::from("007")),
            ("flux", Value::from("flux")),
        ] {
            assert_eq!(json_of(cell), value, "{cell}");
        }
    }
}
