//! One failure out of several: what ended a step or an attempt, and the soft failures that were noted in it.

use crate::record::Failure;

/// The failure of something that ended with `hard` (or without an error of its own) after `soft` was noted in it.
///
/// The hard one comes first and lends kind and fault: it is why the journey ended.
pub(super) fn combined(hard: Option<&Failure>, soft: &[Failure]) -> Option<Failure> {
    let leading = hard.or_else(|| soft.first())?;
    let message = match (hard, soft) {
        (_, []) => leading.message.clone(),
        (None, [only]) => only.message.clone(),
        (None, several) => format!("{} soft failures:{}", several.len(), listed(several)),
        (Some(hard), [_]) => format!("{}\nand before it a soft failure:{}", hard.message, listed(soft)),
        (Some(hard), _) => format!("{}\nand before it {} soft failures:{}", hard.message, soft.len(), listed(soft)),
    };
    Some(Failure { message, ..leading.clone() })
}

fn listed(failures: &[Failure]) -> String {
    failures.iter().fold(String::new(), |list, failure| format!("{list}\n- {}", failure.message.replace('\n', "\n  ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{FailureKind, Fault};

    fn soft(message: &str) -> Failure {
        Failure::new(FailureKind::Assertion, message)
    }

    #[test]
    fn without_any_failure_there_is_none() {
        assert_eq!(combined(None, &[]), None);
    }

    #[test]
    fn one_failure_alone_is_told_as_it_is() {
        let hard = Failure::new(FailureKind::Locator, "no button");
        assert_eq!(combined(Some(&hard), &[]), Some(hard));
        assert_eq!(combined(None, &[soft("a title")]), Some(soft("a title")));
    }

    #[test]
    fn all_soft_failures_are_told_in_one() {
        let failure = combined(None, &[soft("a title"), soft("a price\nof two lines")]).unwrap();
        assert_eq!(failure.kind, FailureKind::Assertion);
        assert_eq!(failure.message, "2 soft failures:\n- a title\n- a price\n  of two lines");
    }

    #[test]
    fn a_hard_failure_leads_and_lends_its_kind() {
        let hard = Failure::new(FailureKind::Navigation, "no network").blame(Fault::Network);
        let failure = combined(Some(&hard), &[soft("a title")]).unwrap();
        assert_eq!((failure.kind, failure.fault), (FailureKind::Navigation, Fault::Network));
        assert_eq!(failure.message, "no network\nand before it a soft failure:\n- a title");
        let failure = combined(Some(&hard), &[soft("a title"), soft("a price")]).unwrap();
        assert_eq!(failure.message, "no network\nand before it 2 soft failures:\n- a title\n- a price");
    }
}
