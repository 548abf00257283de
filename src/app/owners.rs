//! Where owners are told about the house itself: in their private chats, as the rows have them now.

use std::sync::Arc;

use crate::access::Access;
use crate::message::{Address, Role};
use crate::messenger::Messenger;
use crate::store::{Reader, StoreError};

/// Who is told.
pub struct Owners {
    /// Whom the configuration names.
    pub access: Arc<Access>,
    /// Who has claimed the bot.
    pub reader: Reader,
    /// Where they are.
    pub messengers: Vec<Arc<dyn Messenger>>,
}

impl Owners {
    /// Their private chats.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn addresses(&self) -> Result<Vec<Address>, StoreError> {
        let mut addresses = Vec::new();
        for messenger in &self.messengers {
            let listed = self.access.listed_on(messenger.name());
            let mut owners: Vec<String> =
                listed.filter(|(_, role)| *role == Role::Owner).map(|(id, _)| id.to_owned()).collect();
            let people = self.reader.people(messenger.name()).await?;
            owners.extend(
                people.into_iter().filter(|person| person.role == Role::Owner).map(|person| person.id),
            );
            owners.sort_unstable();
            owners.dedup();
            addresses.extend(owners.iter().filter_map(|owner| messenger.private(owner)));
        }
        Ok(addresses)
    }
}
