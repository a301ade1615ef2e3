use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Fact;

/// More baskets or products than the index can number: each has a number of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index is full: it holds at most 4,294,967,295 baskets and as many products")]
pub(crate) struct IndexFull;

/// All baskets, arranged so that what was bought together can be counted.
///
/// Counts of pairs are not kept: a basket of 500 products has 125,000 of them. Instead each product
/// knows its baskets and each basket its products, which takes 8 bytes per product in a basket, and
/// the pairs of one product are counted when asked for.
///
/// The index is a pure function of the set of facts: their order and repeats do not matter. Of a
/// basket the highest version counts, of a product's names the latest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    product_numbers: HashMap<Arc<str>, u32>,
    products: Vec<Product>,
    basket_numbers: HashMap<Box<str>, u32>,
    baskets: Vec<Basket>,
    filled_baskets: u64,
}

#[derive(Clone, Debug)]
struct Product {
    id: Arc<str>,
    name: Arc<str>,
    named_at: Timestamp,
    /// Ascending.
    baskets: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Basket {
    /// 0 until a fact has been seen.
    version: i32,
    /// Ascending.
    products: Box<[u32]>,
}

/// A product as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProductView<'a> {
    /// The product, as the selling system codes it.
    pub(crate) id: &'a str,
    /// Its latest known name; empty when none is known.
    pub(crate) name: &'a str,
    /// How many baskets hold it.
    pub(crate) basket_count: u64,
}

impl Index {
    /// Takes in a fact. On an error the fact is taken in in part or not at all, and the index can't
    /// be used any longer.
    pub(crate) fn apply(&mut self, fact: &Fact) -> Result<(), IndexFull> {
        let mut products = Vec::with_capacity(fact.items.len());
        for item in fact.items.iter() {
            let number = self.product_number(&item.product_id)?;
            self.name(number, &item.name, fact.purchase_time);
            products.push(number);
        }
        products.sort_unstable();
        let number = self.basket_number(&fact.basket_id)?;
        self.replace(number, fact.version, products.into());
        Ok(())
    }

    /// How many baskets hold anything.
    pub(crate) fn basket_count(&self) -> u64 {
        self.filled_baskets
    }

    /// How many products were ever sold.
    pub(crate) fn product_count(&self) -> usize {
        self.products.len()
    }

    /// The number of a product that is in a basket now.
    pub(super) fn find(&self, product_id: &str) -> Option<u32> {
        let number = *self.product_numbers.get(product_id)?;
        self.product(number)
            .filter(|product| product.basket_count > 0)
            .map(|_| number)
    }

    /// The product of that number.
    pub(super) fn product(&self, number: u32) -> Option<ProductView<'_>> {
        self.products.get(place(number)).map(Product::view)
    }

    /// All products by ascending number, those too that are in no basket any more.
    pub(super) fn products(&self) -> impl Iterator<Item = ProductView<'_>> {
        self.products.iter().map(Product::view)
    }

    /// In how many baskets each product is together with the given one, itself included: by product
    /// number. Walks every product of every basket that holds it.
    pub(super) fn together_counts(&self, number: u32) -> Vec<u32> {
        let mut counts = vec![0_u32; self.products.len()];
        let holding = self
            .products
            .get(place(number))
            .map_or(&[][..], |product| &product.baskets);
        for basket in holding
            .iter()
            .filter_map(|basket| self.baskets.get(place(*basket)))
        {
            for other in &basket.products {
                if let Some(count) = counts.get_mut(place(*other)) {
                    *count += 1;
                }
            }
        }
        counts
    }

    fn product_number(&mut self, product_id: &str) -> Result<u32, IndexFull> {
        if let Some(number) = self.product_numbers.get(product_id) {
            return Ok(*number);
        }
        let number = u32::try_from(self.products.len()).map_err(|_| IndexFull)?;
        let id = Arc::<str>::from(product_id);
        self.product_numbers.insert(Arc::clone(&id), number);
        let name = Arc::from("");
        self.products.push(Product {
            id,
            name,
            named_at: Timestamp::MIN,
            baskets: Vec::new(),
        });
        Ok(number)
    }

    fn basket_number(&mut self, basket_id: &str) -> Result<u32, IndexFull> {
        if let Some(number) = self.basket_numbers.get(basket_id) {
            return Ok(*number);
        }
        let number = u32::try_from(self.baskets.len()).map_err(|_| IndexFull)?;
        self.basket_numbers.insert(basket_id.into(), number);
        self.baskets.push(Basket::default());
        Ok(number)
    }

    /// Keeps the latest name. Of two names of the same instant the greater one counts, so that all
    /// replicas agree.
    fn name(&mut self, number: u32, name: &str, at: Timestamp) {
        let Some(product) = self.products.get_mut(place(number)) else {
            return;
        };
        if name.is_empty() || (at, name) <= (product.named_at, &*product.name) {
            return;
        }
        product.named_at = at;
        if *product.name != *name {
            product.name = Arc::from(name);
        }
    }

    fn replace(&mut self, number: u32, version: i32, products: Box<[u32]>) {
        let Some(basket) = self.baskets.get_mut(place(number)) else {
            return;
        };
        if version <= basket.version {
            return;
        }
        basket.version = version;
        let before = std::mem::replace(&mut basket.products, products.clone());
        self.filled_baskets -= u64::from(!before.is_empty());
        self.filled_baskets += u64::from(!products.is_empty());
        for gone in before
            .iter()
            .filter(|product| products.binary_search(product).is_err())
        {
            self.postings(*gone).remove(number);
        }
        for new in products
            .iter()
            .filter(|product| before.binary_search(product).is_err())
        {
            self.postings(*new).insert(number);
        }
    }

    fn postings(&mut self, product: u32) -> Postings<'_> {
        Postings(
            self.products
                .get_mut(place(product))
                .map(|product| &mut product.baskets),
        )
    }
}

impl Product {
    fn view(&self) -> ProductView<'_> {
        ProductView {
            id: &self.id,
            name: &self.name,
            basket_count: self.baskets.len() as u64,
        }
    }
}

/// The ascending basket numbers of a product.
struct Postings<'a>(Option<&'a mut Vec<u32>>);

impl Postings<'_> {
    fn insert(self, basket: u32) {
        let Some(baskets) = self.0 else { return };
        // Nearly always the newest basket: then nothing has to move.
        if let Err(place) = baskets.binary_search(&basket) {
            baskets.insert(place, basket);
        }
    }

    fn remove(self, basket: u32) {
        let Some(baskets) = self.0 else { return };
        if let Ok(place) = baskets.binary_search(&basket) {
            baskets.remove(place);
        }
    }
}

fn place(number: u32) -> usize {
    number as usize
}
