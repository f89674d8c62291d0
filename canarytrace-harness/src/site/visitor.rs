//! What the site remembers of its visitors: in memory, apart from each other, and not without end.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::site::catalogue::Product;
use crate::site::switches::Switches;

/// Pieces of one product that fit into a basket.
pub(super) const MOST_PIECES: u32 = 99;

/// Orders remembered of one visitor; the oldest is forgotten first.
const MOST_ORDERS: usize = 20;

/// What the site knows of one visitor.
#[derive(Clone, Debug, Default)]
pub(super) struct Visitor {
    /// What is in the basket.
    pub(super) basket: Basket,
    /// Whether the visitor logged in.
    pub(super) signed_in: bool,
    /// A message for the next page that the visitor sees.
    pub(super) notice: Option<String>,
    /// The faults that the visitor switched on.
    pub(super) switches: Switches,
    /// The visitor's orders, oldest first.
    orders: Vec<Order>,
}

impl Visitor {
    /// Remembers an order.
    pub(super) fn place(&mut self, order: Order) {
        self.orders.push(order);
        if self.orders.len() > MOST_ORDERS {
            self.orders.remove(0);
        }
    }

    /// The visitor's order of this number.
    pub(super) fn order(&self, number: u32) -> Option<&Order> {
        self.orders.iter().find(|order| order.number == number)
    }
}

/// What was ordered, for whom.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Its number, unique within the process.
    pub(super) number: u32,
    /// Who gets it.
    pub(super) name: String,
    /// Where: street and house.
    pub(super) street: String,
    /// Where: postcode and city.
    pub(super) city: String,
    /// The last digits of the card, all that is kept of it.
    pub(super) card_end: String,
    /// What was bought.
    pub(super) basket: Basket,
}

/// Products and how many of each, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(super) struct Basket(Vec<(&'static Product, u32)>);

impl Basket {
    /// Adds `quantity` pieces, up to [`MOST_PIECES`] of one product.
    pub(super) fn add(&mut self, product: &'static Product, quantity: u32) {
        let present = self.quantity(product);
        self.set(product, present.saturating_add(quantity));
    }

    /// Makes it `quantity` pieces, up to [`MOST_PIECES`]; none removes the product.
    pub(super) fn set(&mut self, product: &'static Product, quantity: u32) {
        let quantity = quantity.min(MOST_PIECES);
        let place = self.0.iter().position(|(present, _)| *present == product);
        match (place, quantity) {
            (Some(place), 0) => drop(self.0.remove(place)),
            (Some(place), quantity) => self.0[place].1 = quantity,
            (None, 0) => {}
            (None, quantity) => self.0.push((product, quantity)),
        }
    }

    /// How many pieces of `product` there are.
    pub(super) fn quantity(&self, product: &Product) -> u32 {
        self.0.iter().find(|(present, _)| *present == product).map_or(0, |(_, quantity)| *quantity)
    }

    /// Products and quantities.
    pub(super) fn lines(&self) -> &[(&'static Product, u32)] {
        &self.0
    }

    /// Pieces of everything together.
    pub(super) fn items(&self) -> u32 {
        self.0.iter().map(|(_, quantity)| quantity).sum()
    }

    /// What it costs, in cents.
    pub(super) fn total(&self) -> u32 {
        self.0.iter().map(|(product, quantity)| product.price * quantity).sum()
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The visitors, by the id in their cookie. When there are too many, who stayed away longest is forgotten.
#[derive(Debug)]
pub(super) struct Visitors {
    limit: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Counts visits; it orders them, which a clock of the system would not always do.
    visits: u64,
    by_id: HashMap<String, (u64, Visitor)>,
}

impl Visitors {
    /// Remembers at most `limit` visitors.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, known: Mutex::default() }
    }

    /// The visitor with this id; nobody when it was never given out or has been forgotten.
    pub(super) fn get(&self, id: &str) -> Option<Visitor> {
        self.known().meet(id).map(|visitor| visitor.clone())
    }

    /// Changes the visitor with this id, or a new one when there is none, whose id comes second.
    pub(super) fn change<T>(&self, id: Option<&str>, change: impl FnOnce(&mut Visitor) -> T) -> (T, Option<String>) {
        let mut known = self.known();
        if let Some(visitor) = id.and_then(|id| known.meet(id)) {
            return (change(visitor), None);
        }
        let mut visitor = Visitor::default();
        let changed = change(&mut visitor);
        (changed, Some(known.remember(visitor, self.limit)))
    }

    /// Gives the visitor with this id, or a new one when there is none, another id.
    pub(super) fn rename(&self, id: Option<&str>) -> String {
        let mut known = self.known();
        let visitor = id.and_then(|id| known.by_id.remove(id)).map(|(_, visitor)| visitor);
        known.remember(visitor.unwrap_or_default(), self.limit)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A panic during a change leaves at worst a half-filled basket: better than a site that answers nobody any more.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn meet(&mut self, id: &str) -> Option<&mut Visitor> {
        let (last_visit, visitor) = self.by_id.get_mut(id)?;
        self.visits += 1;
        *last_visit = self.visits;
        Some(visitor)
    }

    fn remember(&mut self, visitor: Visitor, limit: usize) -> String {
        if self.by_id.len() >= limit {
            let longest_away = self.by_id.iter().min_by_key(|(_, (last_visit, _))| *last_visit);
            if let Some(forgotten) = longest_away.map(|(id, _)| id.clone()) {
                self.by_id.remove(&forgotten);
            }
        }
        self.visits += 1;
        let id = Uuid::now_v7().simple().to_string();
        self.by_id.insert(id.clone(), (self.visits, visitor));
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::catalogue::{PRODUCTS, find};

    #[test]
    fn who_stayed_away_longest_is_forgotten_first() {
        let visitors = Visitors::new(3);
        let ids: Vec<String> = (0..3).map(|_| visitors.rename(None)).collect();
        assert!(visitors.get(&ids[0]).is_some(), "this visit makes ids[1] the one who stayed away longest");
        let newest = visitors.rename(None);
        assert!(visitors.get(&ids[1]).is_none());
        assert!([&ids[0], &ids[2], &newest].iter().all(|id| visitors.get(id).is_some()));
        for _ in 0..100 {
            visitors.rename(None);
        }
        assert_eq!(visitors.known().by_id.len(), 3);
    }

    #[test]
    fn a_change_of_nobody_makes_a_visitor_and_another_id_keeps_what_is_known() {
        let visitors = Visitors::new(3);
        let ((), id) = visitors.change(Some("never given out"), |visitor| visitor.signed_in = true);
        let id = id.expect("a new visitor has a new id");
        let (signed_in, none) = visitors.change(Some(&id), |visitor| visitor.signed_in);
        assert_eq!((signed_in, none), (true, None));
        let other = visitors.rename(Some(&id));
        assert!(visitors.get(&id).is_none() && visitors.get(&other).is_some_and(|visitor| visitor.signed_in));
    }

    #[test]
    fn a_basket_holds_a_bounded_number_of_pieces() {
        let lamp = find("lamp").unwrap();
        let mut basket = Basket::default();
        basket.add(lamp, 2);
        basket.add(lamp, u32::MAX);
        assert_eq!(basket.items(), MOST_PIECES);
        for product in &PRODUCTS {
            basket.set(product, u32::MAX);
        }
        assert_eq!(basket.total(), PRODUCTS.iter().map(|product| product.price * MOST_PIECES).sum::<u32>());
        basket.set(lamp, 0);
        assert_eq!((basket.quantity(lamp), basket.lines().len()), (0, PRODUCTS.len() - 1));
    }

    #[test]
    fn the_oldest_order_is_forgotten_first() {
        let mut visitor = Visitor::default();
        for number in 0..=20 {
            visitor.place(Order {
                number,
                name: String::new(),
                street: String::new(),
                city: String::new(),
                card_end: String::new(),
                basket: Basket::default(),
            });
        }
        assert!(visitor.order(0).is_none() && visitor.order(1).is_some() && visitor.order(20).is_some());
    }
}
