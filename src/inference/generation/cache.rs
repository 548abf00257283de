//! Keys and values that a decoder has already computed, handed from one run to the next.
//!
//! Serves decoder-only and encoder-decoder exports, merged ones (`use_cache_branch` chooses the branch) and split ones
//! (one graph without a past for the first step, one with it). Names and shapes are read from the graph that takes a
//! past; tensors stay the runtime's own values and are passed on without being copied. In: graph ports and outputs.
//! Out: inputs for the next run. It never knows what the tokens mean.
//!
//! Shapes: `[batch, heads, length, width]`; only batch (the sequences that are followed at once) and length may be dynamic.
//! Keys and values of what an encoder said come from the decoder's first run, or from the encoder itself where it has
//! outputs of their names; with a batch of 1 for good, they serve all sequences.

use std::borrow::Cow;

use ort::memory::Allocator;
use ort::session::{SessionInputValue, SessionOutputs};
use ort::value::{
    DynTensor, DynValue, IntoTensorElementType, Outlet, PrimitiveTensorElementType, Tensor, TensorElementType,
};

/// Name of the input that chooses the branch of a merged export.
pub const BRANCH: &str = "use_cache_branch";

/// Graph input name parts and what they become in the names of outputs: optimum, then older and other exporters.
const NAMES: &[(&str, &str)] = &[
    ("past_key_values", "present"),
    ("past_key_values", "present_key_values"),
    ("past_key_", "present_key_"),
    ("past_value_", "present_value_"),
    ("past", "present"),
];

/// Which inputs and outputs of a graph are its cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    slots: Vec<Slot>,
    branch: bool,
}

/// One key or value tensor of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    past: String,
    /// Output that continues it.
    present: String,
    element: TensorElementType,
    /// Dimensions with a length of zero.
    empty: Vec<i64>,
    /// Which dimension is the length.
    axis: usize,
    /// Keys and values of an encoder's output: computed once.
    cross: bool,
    /// They have a batch of 1 whatever the batch of the tokens.
    shared: bool,
}

/// An input or output of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What its elements are; `None` when it is not a tensor.
    pub element: Option<TensorElementType>,
    /// Dimensions; -1 for a dynamic one.
    pub dims: Vec<i64>,
}

impl From<&Outlet> for Port {
    fn from(outlet: &Outlet) -> Self {
        let dtype = outlet.dtype();
        let dims = dtype.tensor_shape().map(|shape| shape.to_vec()).unwrap_or_default();
        Self { name: outlet.name().to_owned(), element: dtype.tensor_type(), dims }
    }
}

impl Layout {
    /// Finds the cache among a graph's ports; empty for a graph that keeps none.
    ///
    /// # Errors
    /// A sentence, when a past input has no output that continues it, or dimensions that cannot be started at zero.
    pub fn read(inputs: &[Port], outputs: &[Port]) -> Result<Self, String> {
        let pasts = inputs.iter().filter(|input| input.name.starts_with("past"));
        let slots = pasts.map(|input| Slot::read(input, outputs)).collect::<Result<_, _>>()?;
        Ok(Self { slots, branch: inputs.iter().any(|input| input.name == BRANCH) })
    }

    /// Whether the graph keeps no cache: every run must see all tokens.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

impl Slot {
    fn read(input: &Port, outputs: &[Port]) -> Result<Self, String> {
        let past = input.name.as_str();
        let cross = past.contains(".encoder.") || past.contains("_cross_");
        let is_output = |name: &String| outputs.iter().any(|output| &output.name == name);
        let mut names = NAMES
            .iter()
            .filter(|(from, _)| past.starts_with(from))
            .map(|(from, to)| past.replacen(from, to, 1));
        let present = match names.find(is_output) {
            Some(name) => name,
            // A split export's second graph does not repeat what never changes.
            None if cross => past.replacen("past_key_values", "present", 1),
            None => return Err(format!("no output continues the input {past}")),
        };
        let dims = &input.dims;
        let element = input.element.ok_or_else(|| format!("the input {past} is not a tensor"))?;
        let dynamic: Vec<usize> =
            dims.iter().enumerate().filter(|(_, dim)| **dim < 0).map(|(place, _)| place).collect();
        let axis = match *dynamic.as_slice() {
            [axis] | [0, axis] if axis > 0 => axis,
            _ => {
                return Err(format!(
                    "the input {past} has the shape {dims:?}, not [batch, heads, length, width]"
                ));
            }
        };
        let zero = |(place, dim): (usize, i64)| match place {
            place if place == axis => 0,
            0 if dim < 0 => 1,
            _ => dim,
        };
        let empty = dims.iter().copied().enumerate().map(zero).collect();
        let shared = cross && dims.first() == Some(&1);
        Ok(Self { past: past.to_owned(), present, element, empty, axis, cross, shared })
    }

    /// A tensor of length zero.
    fn nothing(&self) -> ort::Result<DynValue> {
        let made = DynTensor::new(&Allocator::default(), self.element, self.empty.clone());
        made.map(|tensor| tensor.into_dyn())
    }
}

/// The tensors themselves, for one sequence or several of the same length.
#[derive(Debug)]
pub struct Cache {
    layout: Layout,
    values: Vec<DynValue>,
    length: usize,
    rows: usize,
    /// The encoder gave its keys and values.
    given: bool,
}

impl Cache {
    /// An empty cache. The runtime must be loaded.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn new(layout: Layout) -> ort::Result<Self> {
        let mut cache = Self { layout, values: Vec::new(), length: 0, rows: 1, given: false };
        cache.clear()?;
        Ok(cache)
    }

    /// Tokens it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether it holds nothing yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether the graph keeps a cache at all.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        !self.layout.is_empty()
    }

    /// Sequences it holds.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Whether a run over several tokens is sure to be right after others: one graph that also takes the first ones, and
    /// is not told which branch to take, has to see from its inputs what came before.
    #[must_use]
    pub const fn is_general(&self) -> bool {
        !self.layout.branch
    }

    /// Forgets everything: zero-length tensors, as the first step takes them.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn clear(&mut self) -> ort::Result<()> {
        self.values = self.layout.slots.iter().map(Slot::nothing).collect::<ort::Result<_>>()?;
        (self.length, self.rows, self.given) = (0, 1, false);
        Ok(())
    }

    /// Forgets the tokens and goes back to one sequence; what the encoder gave itself stays.
    ///
    /// # Errors
    /// A sentence, when the runtime refuses to make a tensor.
    pub fn restart(&mut self) -> Result<(), String> {
        let refused = |error: ort::Error| error.to_string();
        if !self.given {
            return self.clear().map_err(refused);
        }
        self.choose(&[0])?;
        for (slot, value) in self.layout.slots.iter().zip(&mut self.values) {
            if !slot.cross {
                *value = slot.nothing().map_err(refused)?;
            }
        }
        self.length = 0;
        Ok(())
    }

    /// Takes keys and values from an encoder's outputs; whether it had them all.
    pub fn give(&mut self, outputs: &mut SessionOutputs<'_>) -> bool {
        let mut cross =
            self.layout.slots.iter().zip(&mut self.values).filter(|(slot, _)| slot.cross).peekable();
        self.given = cross.peek().is_some();
        for (slot, value) in cross {
            match outputs.remove(&slot.present) {
                Some(computed) => *value = computed,
                None => self.given = false,
            }
        }
        self.given
    }

    /// Goes on with these sequences, some perhaps several times, some no more. This copies, unless nothing changes.
    ///
    /// # Errors
    /// A sentence, when a tensor cannot be copied.
    pub fn choose(&mut self, rows: &[usize]) -> Result<(), String> {
        if rows.iter().copied().eq(0..self.rows) {
            return Ok(());
        }
        for (slot, value) in self.layout.slots.iter().zip(&mut self.values) {
            if !slot.shared {
                let copy = match slot.element {
                    TensorElementType::Float32 => chosen::<f32>(value, rows),
                    TensorElementType::Float16 => chosen::<half::f16>(value, rows),
                    TensorElementType::Bfloat16 => chosen::<half::bf16>(value, rows),
                    _ => None,
                };
                *value = copy.ok_or_else(|| format!("{} cannot be copied", slot.past))?;
            }
        }
        self.rows = rows.len();
        Ok(())
    }

    /// Adds the cache's inputs for the next run, as views.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn feed<'a>(&'a self, inputs: &mut Vec<(Cow<'a, str>, SessionInputValue<'a>)>) -> ort::Result<()> {
        for (slot, value) in self.layout.slots.iter().zip(&self.values) {
            inputs.push((Cow::Borrowed(&slot.past), value.into()));
        }
        if self.layout.branch {
            let continues = Tensor::from_array(([1_usize], vec![!self.is_empty()]))?;
            inputs.push((Cow::Borrowed(BRANCH), continues.into()));
        }
        Ok(())
    }

    /// Takes what a run over `tokens` more tokens computed.
    ///
    /// The cross-attention tensors of the first step are kept for good: later ones are dummies in a merged export and
    /// absent in a split one.
    ///
    /// # Errors
    /// The name of an output that is not there.
    pub fn absorb(&mut self, outputs: &mut SessionOutputs<'_>, tokens: usize) -> Result<(), String> {
        for (slot, value) in self.layout.slots.iter().zip(&mut self.values) {
            if slot.cross && (self.length > 0 || self.given) {
                continue;
            }
            *value = outputs.remove(&slot.present).ok_or_else(|| format!("no output {}", slot.present))?;
        }
        self.length += tokens;
        Ok(())
    }

    /// Shortens it to its first `length` tokens. This copies; where it cannot (tensors on a device), all is forgotten.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn shorten(&mut self, length: usize) -> ort::Result<()> {
        if length >= self.length {
            return Ok(());
        }
        let mut shorter = Vec::with_capacity(self.values.len());
        for (slot, value) in self.layout.slots.iter().zip(&self.values) {
            let copy = match slot.element {
                TensorElementType::Float32 if !slot.cross => head::<f32>(value, slot.axis, length),
                TensorElementType::Float16 if !slot.cross => head::<half::f16>(value, slot.axis, length),
                TensorElementType::Bfloat16 if !slot.cross => head::<half::bf16>(value, slot.axis, length),
                _ => None,
            };
            match copy {
                Some(copy) => shorter.push(copy),
                None => return self.clear(),
            }
        }
        self.values = shorter;
        self.length = length;
        Ok(())
    }
}

/// The given entries of the first axis.
fn chosen<T>(value: &DynValue, rows: &[usize]) -> Option<DynValue>
where
    T: PrimitiveTensorElementType + IntoTensorElementType + Copy + std::fmt::Debug + 'static,
{
    let (shape, data) = value.try_extract_tensor::<T>().ok()?;
    let mut dims = shape.to_vec();
    let row = usize::try_from(dims.iter().skip(1).product::<i64>()).ok()?;
    let mut copy: Vec<T> = Vec::with_capacity(row * rows.len());
    for place in rows {
        copy.extend_from_slice(data.get(place * row..(place + 1) * row)?);
    }
    *dims.first_mut()? = i64::try_from(rows.len()).ok()?;
    Some(Tensor::from_array((dims, copy)).ok()?.into_dyn())
}

/// The first `length` entries along `axis`.
fn head<T>(value: &DynValue, axis: usize, length: usize) -> Option<DynValue>
where
    T: PrimitiveTensorElementType + IntoTensorElementType + Copy + std::fmt::Debug + 'static,
{
    let (shape, data) = value.try_extract_tensor::<T>().ok()?;
    let mut dims = shape.to_vec();
    let row: i64 = dims.iter().skip(axis).product();
    let kept: i64 = i64::try_from(length).ok()? * dims.iter().skip(axis + 1).product::<i64>();
    let (row, kept) = (usize::try_from(row).ok()?.max(1), usize::try_from(kept).ok()?);
    let copy: Vec<T> = data.chunks(row).flat_map(|row| row.iter().take(kept).copied()).collect();
    *dims.get_mut(axis)? = i64::try_from(length).ok()?;
    Some(Tensor::from_array((dims, copy)).ok()?.into_dyn())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, dims: &[i64]) -> Port {
        Port { name: name.to_owned(), element: Some(TensorElementType::Float32), dims: dims.to_vec() }
    }

    #[test]
    fn a_decoder_only_export_is_read_from_its_ports() {
        let dims = [-1, 3, -1, 64];
        let inputs = [
            port("input_ids", &[-1, -1]),
            port("past_key_values.0.key", &dims),
            port("past_key_values.0.value", &dims),
        ];
        let outputs =
            [port("logits", &[-1, -1, 9]), port("present.0.key", &dims), port("present.0.value", &dims)];
        let layout = Layout::read(&inputs, &outputs).unwrap();
        assert_eq!((layout.slots.len(), layout.branch), (2, false));
        assert_eq!(layout.slots[1].present, "present.0.value");
        assert_eq!((layout.slots[1].empty.clone(), layout.slots[1].axis), (vec![1, 3, 0, 64], 2));
    }

    #[test]
    fn other_names_and_a_fixed_batch_are_read_too() {
        for (past, present) in [
            ("past.3.key", "present.3.key"),
            ("past_key_self_0", "present_key_self_0"),
            ("past_key_values_1", "present_1"),
        ] {
            let layout = Layout::read(&[port(past, &[1, 2, -1, 8])], &[port(present, &[])]).unwrap();
            assert_eq!(
                (layout.slots[0].present.as_str(), layout.slots[0].empty.clone()),
                (present, vec![1, 2, 0, 8])
            );
        }
    }

    #[test]
    fn a_split_export_may_leave_out_what_never_changes_and_nothing_else() {
        let dims = [-1, 4, -1, 8];
        let cross = port("past_key_values.0.encoder.key", &dims);
        let layout = Layout::read(&[cross, port(BRANCH, &[1])], &[]).unwrap();
        assert!(layout.slots[0].cross && layout.branch);
        assert_eq!(layout.slots[0].present, "present.0.encoder.key");
        let error = Layout::read(&[port("past_key_values.0.key", &dims)], &[]).unwrap_err();
        assert!(error.contains("past_key_values.0.key"), "{error}");
    }

    #[test]
    fn shapes_that_cannot_start_at_zero_are_refused() {
        for dims in [vec![1, 4, 2048, 8], vec![-1, -1, -1, 8], vec![-1, 4, 2, 8], vec![]] {
            let found =
                Layout::read(&[port("past_key_values.0.key", &dims)], &[port("present.0.key", &dims)]);
            assert!(found.is_err(), "{dims:?}");
        }
    }

    #[test]
    fn a_graph_without_a_past_has_an_empty_layout() {
        assert!(Layout::read(&[port("input_ids", &[-1, -1])], &[port("logits", &[])]).unwrap().is_empty());
    }
}
