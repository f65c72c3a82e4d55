//! Facts from the phones, many in one transaction.

use std::collections::HashMap;

use sip_gateway::{Binding, LegState, Setting};

use super::legs::Names;
use super::{By, Store, StoreError, bindings, legs};
use crate::directory::PlanError;

/// What became of a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    /// It stands like this.
    Good(Box<Binding>),
    /// It is no more.
    Gone,
}

/// What waits to be written: of each thing, how it stands last.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// By number and key.
    pub(crate) bindings: HashMap<(String, String), Bound>,
    /// By run and leg.
    pub(crate) legs: HashMap<(u64, u64), Box<LegState>>,
    /// In the order in which they were made.
    pub(crate) settings: Vec<(String, Setting)>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.bindings.is_empty() && self.legs.is_empty() && self.settings.is_empty()
    }
}

impl Batch {
    /// The extensions that took part in calls which are over.
    pub(crate) fn past_calls(&self) -> std::sync::Arc<[String]> {
        let over = self.legs.values().filter(|leg| leg.ended.is_some());
        let mut numbers: Vec<String> =
            over.map(|leg| if leg.inbound { leg.from.clone() } else { leg.to.clone() }).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into()
    }
}

impl Store {
    /// Writes everything or nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn write_facts(&self, batch: &Batch, names: &Names) -> Result<(), StoreError> {
        if batch.bindings.is_empty() && batch.legs.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        for ((aor, key), bound) in &batch.bindings {
            match bound {
                Bound::Good(binding) => bindings::write(&mut transaction, binding).await?,
                Bound::Gone => bindings::delete(&mut transaction, aor, key).await?,
            }
        }
        // In the order in which they began, which is the order of the rows.
        let mut in_order: Vec<&LegState> = batch.legs.values().map(|leg| &**leg).collect();
        in_order.sort_by_key(|leg| (leg.began, leg.leg));
        for leg in in_order {
            legs::write(&mut transaction, leg, names).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Changes settings as phones have asked; says whether any has changed. What cannot be set, since the extension is
    /// gone or the number cannot be dialled, is passed over: the phone has been answered long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn write_settings(
        &self,
        settings: &[(String, Setting)],
        now: jiff::Timestamp,
    ) -> Result<bool, StoreError> {
        let mut any = false;
        for (extension, setting) in settings {
            let by = By { actor: format!("extension {extension}"), address: None };
            let mut change = self.change_plan(by, now).await?;
            match change.apply_setting(extension, setting).await {
                Ok(true) => {
                    change.commit().await?;
                    any = true;
                }
                Ok(false) => {}
                Err(PlanError::Store(error)) => return Err(error),
                Err(refused) => tracing::debug!(%refused, "a phone's setting was not taken"),
            }
        }
        Ok(any)
    }
}

impl super::PlanChange {
    async fn apply_setting(&mut self, extension: &str, setting: &Setting) -> Result<bool, PlanError> {
        let (before, quiet) = self.forwarding_of(extension).await?;
        let mut forward = before.clone();
        match setting {
            Setting::DoNotDisturb(on) if *on == quiet => return Ok(false),
            Setting::DoNotDisturb(on) => {
                self.set_do_not_disturb(extension, *on).await?;
                return Ok(true);
            }
            Setting::ForwardAlways(target) => forward.always.clone_from(target),
            Setting::ForwardBusy(target) => forward.busy.clone_from(target),
            Setting::ForwardNoAnswer(target, after) => {
                forward.no_answer.clone_from(target);
                if after.is_some() {
                    forward.no_answer_after = *after;
                }
            }
        }
        if forward == before {
            return Ok(false);
        }
        self.forward_extension(extension, forward).await?;
        Ok(true)
    }
}
