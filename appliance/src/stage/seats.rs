//! Who has a tile when there are more people than tiles: whoever is there keeps their place, and
//! whoever must be seen takes that of who was heard longest ago.

use super::floor::Floor;

#[derive(Debug, Default)]
pub(super) struct Seats {
    order: Vec<String>,
}

impl Seats {
    /// Gives `count` of `people` (no more than there are) a seat, those `wanted` among them first.
    pub fn settle(&mut self, people: &[&str], count: usize, wanted: &[&str], floor: &Floor) {
        let wanted: Vec<&str> = wanted.iter().copied().filter(|w| people.contains(w)).take(count).collect();
        // New faces take the places of those who went, before others move up.
        let mut new: Vec<&str> = people.iter().copied().filter(|p| !self.has(p)).collect();
        new.sort_by_key(|p| !wanted.contains(p));
        let mut new = new.into_iter();
        let order = std::mem::take(&mut self.order);
        let keep = |identity: String| if people.contains(&identity.as_str()) { Some(identity) } else { None };
        self.order = order.into_iter().filter_map(|i| keep(i).or_else(|| new.next().map(str::to_owned))).collect();
        self.order.truncate(count);
        while self.order.len() < count {
            let Some(next) = new.next().or_else(|| people.iter().copied().find(|p| !self.has(p))) else { break };
            self.order.push(next.to_owned());
        }
        for identity in &wanted {
            if !self.has(identity)
                && let Some(seat) = self.least_heard(&wanted, floor)
            {
                self.order[seat] = (*identity).to_owned();
            }
        }
    }

    /// Who sits where.
    pub fn order(&self) -> &[String] {
        &self.order
    }

    fn has(&self, identity: &str) -> bool {
        self.order.iter().any(|seated| seated == identity)
    }

    /// The seat of whoever was heard longest ago, the last of those never heard.
    fn least_heard(&self, wanted: &[&str], floor: &Floor) -> Option<usize> {
        let free = |(_, identity): &(usize, &String)| !wanted.contains(&identity.as_str());
        let seats = self.order.iter().enumerate().filter(free);
        seats.min_by_key(|(seat, identity)| (floor.last_heard(identity), usize::MAX - seat)).map(|(seat, _)| seat)
    }
}
