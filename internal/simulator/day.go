package simulator

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// DayHandle is the account that the customers of Day address, on each network,
// and DayImpostor the one that passes for it.
const (
	DayHandle   = "shop_help"
	DayImpostor = "shop_he1p"
)

// DayStart is the time of day at which the scripted day begins, and DayLength
// how long it lasts.
const (
	DayStart  = 7 * time.Hour
	DayLength = 15 * time.Hour
)

// Theme says what a step of the day is about.
type Theme string

// The themes of the scripted day.
const (
	ThemeStuckOrder  Theme = "stuck_order"
	ThemeRefundDelay Theme = "refund_delay"
	ThemeMissing     Theme = "missing_delivery"
	ThemeCharge      Theme = "billing"
	ThemeReturn      Theme = "return_exchange"
	ThemeAccess      Theme = "account_access"
	ThemeAnger       Theme = "anger"
	ThemeQuestion    Theme = "question"
	ThemePraise      Theme = "praise"
	ThemePromotion   Theme = "promotion"
	ThemeContest     Theme = "contest"
	ThemeSpike       Theme = "spike"    // one incident, many customers
	ThemeImpostor    Theme = "impostor" // somebody who passes for the shop
	ThemeNetwork     Theme = "network"
)

// The networks of the scripted day, as steps name them.
const (
	OnMastodon = "mastodon"
	OnX        = "x"
)

// Action is what a step does.
type Action string

// The actions of a script.
const (
	ActionPost        Action = "post"
	ActionEdit        Action = "edit"
	ActionDelete      Action = "delete"
	ActionOutageStart Action = "outage_start" // the network's server stops
	ActionOutageEnd   Action = "outage_end"   // and is back with its state
)

// Step is one thing that happens in a scripted day.
type Step struct {
	Offset time.Duration // since the start of the day
	Action Action
	Key    string // names a post within the script; edits and deletions refer to it
	Theme  Theme
	// Network is where it happens; empty is Mastodon.
	Network string
	Author  string
	Text    string
	// ReplyTo is the key of the post that is answered. With UnderAnswer the
	// reply goes under the shop's newest answer to that post, if there is one.
	ReplyTo     string
	UnderAnswer bool
	Visibility  string
	Language    string
	Spoiler     string
	Media       []string
}

// Day writes a day of about 155 posts by about 105 customers who address
// DayHandle, a third of them on X and the others on Mastodon, in the order of
// their offsets: openings and follow-ups with and without the handle, direct
// messages, edits, deletions, one carrier's trouble as a spike in the
// afternoon, an impostor who answers a customer, and an outage of Mastodon of
// some minutes. The same seed gives the same day.
func Day(seed uint64) []Step {
	rng := rand.New(rand.NewPCG(seed, 0xda7))
	stories := dayStories()
	rng.Shuffle(len(stories), func(i, j int) { stories[i], stories[j] = stories[j], stories[i] })
	chase(stories, rng)
	var steps []Step
	for i, s := range stories {
		// One story in each equal stretch of the first 13 hours, at random
		// within it, so that most follow-ups still fall into the day.
		stretch := (DayLength - 2*time.Hour) / time.Duration(len(stories))
		at := time.Duration(i)*stretch + time.Duration(rng.Int64N(int64(stretch)))
		steps = append(steps, s.steps(i+1, at.Truncate(time.Second), rng)...)
	}
	steps = append(steps, spike(rng, len(stories))...)
	steps = append(steps, impostor(steps)...)
	start := 4*time.Hour + time.Duration(rng.IntN(120))*time.Minute
	steps = append(steps,
		Step{Offset: start, Action: ActionOutageStart, Theme: ThemeNetwork},
		Step{Offset: start + 12*time.Minute, Action: ActionOutageEnd, Theme: ThemeNetwork})
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.Offset, b.Offset) })
	return steps
}

// chase gives the chasers to stories of unsolved matters in English that have
// no follow-up.
func chase(stories []story, rng *rand.Rand) {
	unsolved := []Theme{ThemeStuckOrder, ThemeRefundDelay, ThemeMissing, ThemeCharge, ThemeReturn, ThemeAccess}
	left := slices.Clone(chasers)
	rng.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	for i := range stories {
		s := &stories[i]
		if len(left) > 0 && len(s.more) == 0 && s.lang == "en" && slices.Contains(unsolved, s.theme) {
			s.more, left = left[:1], left[1:]
		}
	}
}

// spikeStart is when the spike begins; it takes spikeTime.
const (
	spikeStart = 8 * time.Hour
	spikeTime  = 20 * time.Minute
)

// spike is what customers write when one carrier fails, half of them on X.
func spike(rng *rand.Rand, before int) []Step {
	var steps []Step
	for i, text := range spikePosts {
		n := before + i + 1
		step := Step{Offset: spikeStart + time.Duration(i)*spikeTime/time.Duration(len(spikePosts)), Action: ActionPost,
			Key: fmt.Sprintf("c%03d", n), Theme: ThemeSpike, Network: OnMastodon, Text: invent(n, rng).Replace(text), Language: "en"}
		if i%2 == 0 {
			step.Network = OnX
		}
		step.Author = customer(n, step.Network)
		steps = append(steps, step)
	}
	return steps
}

// impostor answers the first customer on X whose parcel is missing, a little
// later, from a handle that is one letter off the shop's.
func impostor(steps []Step) []Step {
	for _, s := range steps {
		if s.Theme == ThemeMissing && s.Network == OnX && s.Action == ActionPost && s.ReplyTo == "" {
			return []Step{{Offset: s.Offset + 5*time.Minute, Action: ActionPost, Key: "impostor", Theme: ThemeImpostor,
				Network: OnX, Author: DayImpostor, Text: impostorPost, ReplyTo: s.Key, Language: "en"}}
		}
	}
	return nil
}

// network is where a story takes place: a third on X, of those that can.
func (s story) network(n int) string {
	onX := n%3 == 0 && s.visibility == "" && s.spoiler == "" && s.media == ""
	for _, f := range s.more {
		onX = onX && f.way != direct
	}
	if onX {
		return OnX
	}
	return OnMastodon
}

// customer names the customer of a number. On Mastodon two of three live on
// other servers.
func customer(n int, network string) string {
	name := fmt.Sprintf("customer%d", n)
	if network == OnX {
		return name
	}
	return name + []string{"@far.example", "", "@near.example"}[n%3]
}

// invent makes the values that a customer's posts name.
func invent(n int, rng *rand.Rand) *strings.Replacer {
	return strings.NewReplacer(
		"{order}", fmt.Sprintf("555-%07d-%07d", 100_000+rng.IntN(900_000), 1+rng.IntN(9_999_999)),
		"{amount}", fmt.Sprintf("%s%d.%02d", []string{"£", "$", "€"}[rng.IntN(3)], 9+rng.IntN(240), rng.IntN(100)),
		"{days}", fmt.Sprint(3+rng.IntN(25)),
		"{item}", dayItems[rng.IntN(len(dayItems))],
		"{phone}", fmt.Sprintf("555-01%02d", rng.IntN(100)),
		"{mail}", fmt.Sprintf("customer%d@mail.example", n),
	)
}

// steps turns a story into the steps of customer n, who begins at the time.
func (s story) steps(n int, at time.Duration, rng *rand.Rand) []Step {
	values := invent(n, rng)
	key := fmt.Sprintf("c%03d", n)
	opening := Step{
		Offset: at, Action: ActionPost, Key: key, Theme: s.theme, Network: s.network(n), Text: values.Replace(s.text),
		Visibility: s.visibility, Language: s.lang, Spoiler: s.spoiler,
	}
	opening.Author = customer(n, opening.Network)
	if s.media != "" {
		opening.Media = []string{values.Replace(s.media)}
	}
	steps := []Step{opening}
	for i, f := range s.more {
		step := opening
		step.Spoiler, step.Media = "", nil
		step.Offset = min(at+f.after, DayLength)
		step.Text = values.Replace(f.text)
		switch f.way {
		case fix:
			step.Action = ActionEdit
		case retract:
			step.Action, step.Text = ActionDelete, ""
		case direct:
			step.Visibility = "direct"
			fallthrough
		default:
			step.Key = fmt.Sprintf("%s-%d", key, i+1)
			step.ReplyTo, step.UnderAnswer = key, true
		}
		steps = append(steps, step)
	}
	return steps
}
