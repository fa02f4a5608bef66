//! Apache Parquet: rows by columns, for what reads millions of them at once.
//!
//! A column has the type of its member whatever the rows hold; what is not known is null. Names and nested
//! data are text, the latter JSON. Rows wait until there are enough of them for a group.

use std::fmt;
use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, TimestampType, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::Look;
use super::column::{Kind, Member, Rows, Shown};

/// Rows of a group, and bytes of text after which it is closed before.
const ROWS: usize = 100_000;
const BYTES: usize = 16 << 20;

/// A file that is being written.
pub(super) struct File<R: Rows> {
    members: Vec<&'static Member<R>>,
    /// `None` once it is closed, and where it could not be begun.
    writer: Option<SerializedFileWriter<Vec<u8>>>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
}

impl<R: Rows> fmt::Debug for File<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("members", &self.members)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// What a group has of a member so far: which rows have it, and what it is there.
struct Column {
    there: Vec<i16>,
    values: Values,
}

enum Values {
    Text(Vec<ByteArray>),
    Number(Vec<i64>),
    Truth(Vec<bool>),
}

/// A row's members; `None` is null.
pub(super) type Row = Vec<Option<Value>>;

/// A member as it is stored.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Truth(bool),
}

impl Column {
    fn of(kind: Kind) -> Column {
        let values = match kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Number | Kind::Time => Values::Number(Vec::new()),
            Kind::Truth => Values::Truth(Vec::new()),
        };
        Column { there: Vec::new(), values }
    }

    fn add(&mut self, value: Option<Value>) {
        let fits = match (&mut self.values, value) {
            (Values::Text(texts), Some(Value::Text(text))) => {
                texts.push(text.into_bytes().into());
                true
            }
            (Values::Number(numbers), Some(Value::Number(number))) => {
                numbers.push(number);
                true
            }
            (Values::Truth(truths), Some(Value::Truth(truth))) => {
                truths.push(truth);
                true
            }
            _ => false,
        };
        self.there.push(i16::from(fits));
    }
}

impl<R: Rows> File<R> {
    pub(super) fn new(members: Vec<&'static Member<R>>) -> File<R> {
        let writer = begun(&members).ok();
        let columns = members.iter().map(|member| Column::of(member.kind)).collect();
        File { members, writer, columns, rows: 0, bytes: 0 }
    }

    /// What a row comes to.
    pub(super) fn row(&self, row: &R::Row<'_>, look: Look) -> Row {
        self.members.iter().map(|member| value(member.kind, (member.get)(row).shown(look))).collect()
    }

    /// Adds a row, and a group to `out` where it was the last of one.
    pub(super) fn add(&mut self, out: &mut Vec<u8>, row: Row) -> io::Result<()> {
        for (column, value) in self.columns.iter_mut().zip(row) {
            if let Some(Value::Text(text)) = &value {
                self.bytes += text.len();
            }
            column.add(value);
        }
        self.rows += 1;
        if self.rows >= ROWS || self.bytes >= BYTES {
            self.group(out).map_err(io::Error::other)
        } else {
            Ok(())
        }
    }

    /// Appends what ends the file.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if self.rows > 0 {
            self.group(out).map_err(io::Error::other)?;
        }
        let writer = self.writer.take().ok_or_else(unopened).map_err(io::Error::other)?;
        out.extend(writer.into_inner().map_err(io::Error::other)?);
        Ok(())
    }

    fn group(&mut self, out: &mut Vec<u8>) -> Result<(), ParquetError> {
        let writer = self.writer.as_mut().ok_or_else(unopened)?;
        let mut group = writer.next_row_group()?;
        for (member, column) in self.members.iter().zip(&mut self.columns) {
            let Column { there, values } = std::mem::replace(column, Column::of(member.kind));
            let mut into = group.next_column()?.ok_or_else(unopened)?;
            match (into.untyped(), &values) {
                (ColumnWriter::ByteArrayColumnWriter(into), Values::Text(texts)) => {
                    into.write_batch(texts, Some(&there), None)?;
                }
                (ColumnWriter::Int64ColumnWriter(into), Values::Number(numbers)) => {
                    into.write_batch(numbers, Some(&there), None)?;
                }
                (ColumnWriter::BoolColumnWriter(into), Values::Truth(truths)) => {
                    into.write_batch(truths, Some(&there), None)?;
                }
                _ => return Err(unopened()),
            }
            into.close()?;
        }
        group.close()?;
        writer.flush()?;
        out.append(writer.inner_mut());
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

fn unopened() -> ParquetError {
    ParquetError::General("the file is not open for these columns".to_string())
}

/// A file without rows.
fn begun<R: Rows>(members: &[&'static Member<R>]) -> Result<SerializedFileWriter<Vec<u8>>, ParquetError> {
    let fields: Vec<_> =
        members.iter().map(|member| field(member).map(Arc::new)).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder(R::WHAT).with_fields(fields).build()?;
    let about = format!("sessctl version {}", env!("CARGO_PKG_VERSION"));
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by(about);
    SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))
}

/// A member's column.
fn field<R: Rows>(member: &Member<R>) -> Result<Type, ParquetError> {
    let (physical, logical) = match member.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Number => (Physical::INT64, None),
        Kind::Time => {
            let utc = TimestampType { is_adjusted_to_u_t_c: true, unit: TimeUnit::MILLIS };
            (Physical::INT64, Some(LogicalType::Timestamp(utc)))
        }
        Kind::Truth => (Physical::BOOLEAN, None),
    };
    Type::primitive_type_builder(member.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

/// A fact as a value of that kind.
fn value(kind: Kind, shown: Shown<'_>) -> Option<Value> {
    Some(match (kind, shown) {
        (_, Shown::Null) => return None,
        (Kind::Number, Shown::Number(number)) => Value::Number(i64::try_from(number).unwrap_or(i64::MAX)),
        (Kind::Time, Shown::Time(ms)) => Value::Number(ms),
        (Kind::Truth, Shown::Bool(truth)) => Value::Truth(truth),
        (Kind::Text, Shown::Words(words)) => Value::Text(words.into_owned()),
        (Kind::Text, Shown::Names(names)) => Value::Text(names.join("+")),
        (Kind::Text, Shown::Json(value)) => Value::Text(value.to_string()),
        (_, _) => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;

    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;
    use crate::render::column::{Datum, Fault};

    #[derive(Debug, Clone, Copy)]
    struct Numbers;

    impl Rows for Numbers {
        type Row<'a> = u64;
        const WHAT: &'static str = "numbers";
        fn fault(_: &u64) -> Fault {
            Fault::default()
        }
    }

    const MEMBERS: &[Member<Numbers>] = &[
        Member::new("name", |row| if row % 3 == 0 { Datum::Null } else { Datum::Owned(format!("n{row}")) }),
        Member::number("number", |row| Datum::Number(*row)),
        Member::time("time", |row| Datum::Time(1_000 * *row as i64)),
        Member::truth("even", |row| Datum::Bool(row % 2 == 0)),
        // What a member holds that it is not meant to is null, and moves nothing else.
        Member::number("wrong", |_| Datum::Text("text")),
    ];

    fn read(bytes: &[u8]) -> SerializedFileReader<std::fs::File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        SerializedFileReader::new(file).unwrap()
    }

    fn written(rows: u64) -> Vec<u8> {
        let mut file = File::new(MEMBERS.iter().collect());
        let mut out = Vec::new();
        for row in 0..rows {
            let row = file.row(&row, Look::default());
            file.add(&mut out, row).unwrap();
        }
        file.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn rows_are_read_back_as_they_were_over_several_groups() {
        for (rows, groups) in [(0, 0), (1, 1), (7, 1), (250_000, 3)] {
            let reader = read(&written(rows));
            assert_eq!(reader.num_row_groups(), groups);
            let mut count = 0;
            for (at, row) in reader.get_row_iter(None).unwrap().enumerate() {
                let text = row.unwrap().to_string();
                if at < 10 {
                    let name = if at % 3 == 0 { "null".to_string() } else { format!("\"n{at}\"") };
                    let even = at % 2 == 0;
                    let time = format!("1970-01-01 00:00:0{at}.000 +00:00");
                    let row =
                        format!("{{name: {name}, number: {at}, time: {time}, even: {even}, wrong: null}}");
                    assert_eq!(text, row);
                }
                assert!(text.contains(&format!("number: {at},")));
                count += 1;
            }
            assert_eq!(count, rows);
        }
    }

    #[test]
    fn a_column_keeps_its_type_where_nothing_is_known() {
        let reader = read(&written(1));
        let schema = reader.metadata().file_metadata().schema_descr();
        let types: Vec<Physical> = schema.columns().iter().map(|column| column.physical_type()).collect();
        let (text, number) = (Physical::BYTE_ARRAY, Physical::INT64);
        assert_eq!(types, [text, number, number, Physical::BOOLEAN, number]);
    }
}
