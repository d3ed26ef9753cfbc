//! A layer and its fields, as plain data.

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// An address or a name, as text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A field of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, as the RFC has it.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
    /// The value as people read it.
    pub text: String,
    /// Its first bit in the packet's data; bit 0 is the highest of byte 0.
    pub start: usize,
    /// How many bits it has.
    pub bits: usize,
    /// What it says, in a short sentence, or nothing.
    pub meaning: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// A layer: a header, or the payload, with its bytes' place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: &'static str,
    /// The number of its layer in the OSI model.
    pub osi: u8,
    /// Its first byte in the packet's data.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
    /// Its fields: every bit of the layer belongs to exactly one of them.
    pub fields: Vec<Field>,
    /// What is wrong with it.
    pub problem: Option<String>,
}
