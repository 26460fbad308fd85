//! What services cost, by how often the cost falls due.

/// The unit costs that are charged in one way, in pence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Services with a unit cost.
    pub services: u64,
    /// The lowest.
    pub lowest: i32,
    /// The highest.
    pub highest: i32,
    sum: i64,
}

impl Cost {
    const NONE: Self = Self { services: 0, lowest: i32::MAX, highest: i32::MIN, sum: 0 };

    /// The mean, rounded towards zero; nothing where no service has a cost.
    pub fn mean(&self) -> Option<i64> {
        self.sum.checked_div(self.services as i64)
    }
}

/// Unit costs of services by code of their frequency; the first stands for none that is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Costs([Cost; Costs::FREQUENCIES]);

impl Default for Costs {
    fn default() -> Self {
        Self([Cost::NONE; Self::FREQUENCIES])
    }
}

impl Costs {
    /// Frequencies that are counted apart.
    const FREQUENCIES: usize = 24;

    /// Counts a service's unit cost.
    pub(super) fn add(&mut self, frequency: Option<u16>, pence: i32) {
        let code = frequency.map_or(0, usize::from);
        let cost = &mut self.0[if code < Self::FREQUENCIES { code } else { 0 }];
        cost.services += 1;
        cost.lowest = cost.lowest.min(pence);
        cost.highest = cost.highest.max(pence);
        cost.sum += i64::from(pence);
    }

    /// The costs of a frequency, by its code.
    pub fn of(&self, code: usize) -> Option<&Cost> {
        self.0.get(code).filter(|cost| cost.services > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_told_by_frequency() {
        let mut costs = Costs::default();
        for (frequency, pence) in [(Some(2), 100), (Some(2), -50), (Some(2), 251), (None, 7), (Some(999), 9)] {
            costs.add(frequency, pence);
        }
        let told = |code| costs.of(code).map(|cost| (cost.services, cost.lowest, cost.mean().unwrap(), cost.highest));
        assert_eq!(told(2), Some((3, -50, 100, 251)));
        assert_eq!(told(0), Some((2, 7, 8, 9)), "a frequency that is not listed");
        assert_eq!((told(1), told(999)), (None, None));
    }

    #[test]
    fn every_frequency_of_the_release_has_a_place() {
        let release = crate::check::testing::release();
        let list = release.list(crate::model::Field::CostFrequency).unwrap();
        assert!(list.values.len() < Costs::FREQUENCIES);
    }
}
