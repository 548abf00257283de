//! Which inputs and outputs of a graph are its cache: keys and values of every layer, of its own tokens and of an
//! encoder's output.
//!
//! Names and shapes decide; they are those of optimum, older exporters and ONNX Runtime's own. In: a graph's ports. Out: a
//! [`Layout`], or why there is none.

use ort::memory::Allocator;
use ort::value::{DynTensor, DynValue, Outlet, TensorElementType};

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
    pub(super) slots: Vec<Slot>,
    pub(super) branch: bool,
}

/// One key or value tensor of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) past: String,
    /// Output that continues it.
    pub(super) present: String,
    pub(super) element: TensorElementType,
    /// Dimensions with a length of zero.
    pub(super) empty: Vec<i64>,
    /// Which dimension is the length.
    pub(super) axis: usize,
    /// Keys and values of an encoder's output: computed once.
    pub(super) cross: bool,
    /// They have a batch of 1 whatever the batch of the tokens.
    pub(super) shared: bool,
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

    /// Whether it has keys and values of an encoder's output that it does not compute itself, as the second graph of a
    /// split export.
    #[must_use]
    pub fn only_continues(&self, outputs: &[Port]) -> bool {
        let computed = |slot: &Slot| outputs.iter().any(|output| output.name == slot.present);
        self.slots.iter().any(|slot| slot.cross && !computed(slot))
    }

    /// Whether an encoder with these outputs gives all keys and values of its output.
    #[must_use]
    pub fn is_given(&self, gives: impl Fn(&str) -> bool) -> bool {
        self.slots.iter().filter(|slot| slot.cross).all(|slot| gives(&slot.present))
    }

    /// Whether one graph does the first step and all others, and is told which (`use_cache_branch`).
    #[must_use]
    pub const fn is_merged(&self) -> bool {
        self.branch
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
    pub(super) fn nothing(&self) -> ort::Result<DynValue> {
        let made = DynTensor::new(&Allocator::default(), self.element, self.empty.clone());
        made.map(|tensor| tensor.into_dyn())
    }
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
