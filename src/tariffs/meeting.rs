//! What a meeting stands for: the calls that the host's post would have made, one to each other post.

/// From when to when, in milliseconds since 1970.
pub type Span = (i64, i64);

/// Since when, and for how long in all, two posts were in a meeting together: people of one post count once, however many
/// they are, and only while somebody of the other post is there, since a call has two ends.
#[must_use]
pub fn together(host: &[Span], other: &[Span]) -> Option<(i64, i64)> {
    let (host, other) = (union(host), union(other));
    let mut first = None;
    let mut millis = 0;
    let (mut one, mut two) = (host.iter().peekable(), other.iter().peekable());
    while let (Some((from, to)), Some((since, until))) = (one.peek(), two.peek()) {
        let (begin, end) = ((*from).max(*since), (*to).min(*until));
        if begin < end {
            first.get_or_insert(begin);
            millis += end - begin;
        }
        if to < until {
            one.next();
        } else {
            two.next();
        }
    }
    first.map(|first| (first, millis))
}

/// The same moments, each once.
fn union(spans: &[Span]) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.iter().copied().filter(|(from, to)| from < to).collect();
    sorted.sort_unstable();
    let mut whole: Vec<Span> = Vec::with_capacity(sorted.len());
    for (from, to) in sorted {
        match whole.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => whole.push((from, to)),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_counts_once_and_only_while_the_other_is_there() {
        assert_eq!(together(&[(0, 60)], &[(10, 40), (20, 50)]), Some((10, 40)));
        assert_eq!(together(&[(0, 10), (20, 30)], &[(5, 25)]), Some((5, 10)));
        assert_eq!(together(&[(0, 10)], &[(10, 20)]), None);
        assert_eq!(together(&[], &[(0, 20)]), None);
        assert_eq!(together(&[(5, 5), (9, 3)], &[(0, 20)]), None, "no time is no call");
        assert_eq!(together(&[(30, 40), (0, 10)], &[(0, 100)]), Some((0, 20)));
    }
}
