//! What is read of a SentencePiece model file (`sentencepiece_model.proto`, proto2; numbers and defaults are its own).

/// `TrainerSpec.ModelType.UNIGRAM`.
pub(super) const UNIGRAM: i32 = 1;

/// A model.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ModelProto {
    /// Every piece; its place is its id.
    #[prost(message, repeated, tag = "1")]
    pub(super) pieces: Vec<Piece>,
    /// How it was trained.
    #[prost(message, optional, tag = "2")]
    pub(super) trainer_spec: Option<TrainerSpec>,
    /// What is done to a text first.
    #[prost(message, optional, tag = "3")]
    pub(super) normalizer_spec: Option<NormalizerSpec>,
}

/// One piece.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Piece {
    /// Its text, spaces as U+2581.
    #[prost(string, optional, tag = "1")]
    pub(super) piece: Option<String>,
    /// Its log probability.
    #[prost(float, optional, tag = "2")]
    pub(super) score: Option<f32>,
    /// What it is.
    #[prost(enumeration = "Kind", optional, tag = "3", default = "Normal")]
    pub(super) r#type: Option<i32>,
}

impl Piece {
    pub(super) fn kind(&self) -> Kind {
        self.r#type()
    }
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Kind {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    /// Always one piece, never changed by the normaliser.
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// What is read of how it was trained.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TrainerSpec {
    /// [`UNIGRAM`] or another.
    #[prost(int32, optional, tag = "3", default = "1")]
    pub(super) model_type: Option<i32>,
    /// A word ends with its space instead of beginning with it.
    #[prost(bool, optional, tag = "24", default = "false")]
    pub(super) treat_whitespace_as_suffix: Option<bool>,
    /// Unknown characters are written as bytes.
    #[prost(bool, optional, tag = "35", default = "false")]
    pub(super) byte_fallback: Option<bool>,
}

/// What is done to a text first.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct NormalizerSpec {
    /// Replacements; see [`super::charsmap`].
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(super) precompiled_charsmap: Option<Vec<u8>>,
    /// A space is put before the first word.
    #[prost(bool, optional, tag = "3", default = "true")]
    pub(super) add_dummy_prefix: Option<bool>,
    /// Spaces at the ends go, several become one.
    #[prost(bool, optional, tag = "4", default = "true")]
    pub(super) remove_extra_whitespaces: Option<bool>,
    /// Spaces become U+2581.
    #[prost(bool, optional, tag = "5", default = "true")]
    pub(super) escape_whitespaces: Option<bool>,
}
