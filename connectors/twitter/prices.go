package twitter

import "socialwatch"

// Items of X's price list, as the ledger and the configuration name them.
const (
	ItemMentionRead = "mention_read" // a post that mentions us, read as ourselves
	ItemOwnRead     = "own_read"     // a post of ours, read as ourselves
	ItemPostRead    = "post_read"    // any other post: search, look-up
	ItemUserRead    = "user_read"
	ItemStreamEvent = "stream_event" // a post that the activity stream brings
	ItemCreate      = "create"       // a reply to a post that mentions us
	ItemCreateLink  = "create_link"  // a post with a link in it
	ItemDelete      = "delete"
)

// Prices is what X charges for one object of each item.
type Prices struct {
	MentionRead, OwnRead, PostRead, UserRead, StreamEvent, Create, CreateLink, Delete socialwatch.MicroUSD
}

// DefaultPrices is the public pay-per-use list as of November 2026. The cheap
// reads are for apps that the account itself owns.
var DefaultPrices = Prices{
	MentionRead: 1_000, OwnRead: 1_000, PostRead: 5_000, UserRead: 10_000, StreamEvent: 5_000,
	Create: 10_000, CreateLink: 200_000, Delete: 10_000,
}

func (p *Prices) list() []*socialwatch.MicroUSD {
	return []*socialwatch.MicroUSD{&p.MentionRead, &p.OwnRead, &p.PostRead, &p.UserRead, &p.StreamEvent,
		&p.Create, &p.CreateLink, &p.Delete}
}

func (p Prices) withDefaults() Prices {
	stock := DefaultPrices
	for i, price := range p.list() {
		if *price == 0 {
			*price = *stock.list()[i]
		}
	}
	return p
}

// Of is the price of one object of an item; 0 for what is none.
func (p Prices) Of(item string) socialwatch.MicroUSD {
	switch item {
	case ItemMentionRead:
		return p.MentionRead
	case ItemOwnRead:
		return p.OwnRead
	case ItemPostRead:
		return p.PostRead
	case ItemUserRead:
		return p.UserRead
	case ItemStreamEvent:
		return p.StreamEvent
	case ItemCreate:
		return p.Create
	case ItemCreateLink:
		return p.CreateLink
	case ItemDelete:
		return p.Delete
	}
	return 0
}

// costing is what a call that brings at most so many objects may cost. Reads
// at the price of our own need a call signed as ourselves; the app's bearer
// pays for them as for any post.
func (c *client) costing(item string, most int) socialwatch.Costing {
	if c.user == authNone && (item == ItemMentionRead || item == ItemOwnRead) {
		item = ItemPostRead
	}
	return socialwatch.Costing{
		Account: c.opt.Account, Item: item, Price: c.opt.Prices.Of(item), Most: most,
	}
}
