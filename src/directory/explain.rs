//! Where a number would lead, told to people.

use serde::Serialize;
use sip_gateway_proto::plan::{Caller, Language, Plan, Route};

use super::PlanError;
use crate::store::Locked;

/// Where a number leads, and how that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainView {
    /// `extension`, `group`, `conference`, `meeting`, `code`, `outside`, `emergency` or `refused`.
    pub outcome: &'static str,
    /// What was found, in order, and what follows.
    pub sentences: Vec<String>,
}

/// Follows a number as if somebody dialled it now: an extension by its number, or somebody outside by the name of the
/// trunk the call comes in by.
///
/// # Errors
/// When there is neither such an extension nor such a trunk, or nothing was dialled.
pub fn explain(plan: &Plan, from: &str, number: &str, language: Language) -> Result<ExplainView, PlanError> {
    let (from, number) = (from.trim(), number.trim());
    if number.is_empty() || number.chars().count() > MOST_DIALLED {
        return Err(PlanError::invalid("number", "write what is dialled"));
    }
    let trunk = || plan.trunks.iter().find(|trunk| trunk.name.to_lowercase() == from.to_lowercase());
    let caller = match plan.extension(from) {
        Some(extension) => Caller::Extension(&extension.number),
        None => match trunk() {
            Some(trunk) => Caller::Trunk(trunk.id),
            None => {
                let reason = format!("{from:?} is neither an extension's number nor a trunk's name");
                return Err(PlanError::invalid("from", reason));
            }
        },
    };
    let explanation = plan.explain(caller, number);
    let outcome = match explanation.route {
        Route::Extension(_) => "extension",
        Route::Group(_) => "group",
        Route::Conference(_) => "conference",
        Route::Meeting { .. } => "meeting",
        Route::Code(_) => "code",
        Route::Outside(_) => "outside",
        Route::Emergency { .. } => "emergency",
        Route::Refused(_) => "refused",
    };
    Ok(ExplainView { outcome, sentences: explanation.sentences(language) })
}

/// What is wrong with a plan, a sentence each: its own problems, and whose secrets cannot be used.
#[must_use]
pub fn problems(plan: &Plan, locked: &[Locked], language: Language) -> Vec<String> {
    let of_locked = |locked: &Locked| match (locked, language) {
        (Locked::Device(name), Language::French) => format!(
            "Le mot de passe de l’appareil {name} vient d’un autre [sip] realm ou d’une autre clé : en donner un nouveau."
        ),
        (Locked::Device(name), Language::English) => {
            format!(
                "The password of device {name} is of another [sip] realm or another key: give it a new one."
            )
        }
        (Locked::Trunk(name), Language::French) => {
            format!("Le mot de passe de la ligne « {name} » ne s’ouvre plus : l’écrire de nouveau.")
        }
        (Locked::Trunk(name), Language::English) => {
            format!("The password of the trunk “{name}” cannot be opened any more: write it again.")
        }
    };
    let found = plan.problems();
    found.iter().map(|problem| problem.sentence(language)).chain(locked.iter().map(of_locked)).collect()
}

const MOST_DIALLED: usize = 100;

#[cfg(test)]
mod tests {
    use sip_gateway_proto::plan::PostId;

    use super::super::blank;
    use super::*;

    #[test]
    fn a_number_is_followed_from_an_extension_and_from_outside() {
        let mut plan = Plan { realm: "palabre".to_owned(), ..Plan::default() };
        let mut post = blank::post("Cotonou");
        post.id = PostId(1);
        plan.posts.push(post);
        plan.extensions.push(blank::extension("201", "Awa", PostId(1)));
        plan.extensions.push(blank::extension("202", "Ben", PostId(1)));
        let mut trunk = blank::trunk("Orange", "192.0.2.1");
        trunk.post = PostId(1);
        plan.trunks.push(trunk);
        let explain = |from: &str, number: &str| explain(&plan, from, number, Language::English);

        let inside = explain("201", " 202 ").unwrap();
        assert_eq!(inside.outcome, "extension");
        assert!(inside.sentences[0].contains("Awa"), "{inside:?}");
        assert_eq!(explain("201", "112").unwrap().outcome, "emergency");
        assert_eq!(explain("orange", "+22921300000").unwrap().outcome, "refused");
        assert!(explain("999", "202").is_err() && explain("201", " ").is_err());
    }
}
