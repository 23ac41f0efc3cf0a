package spike

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Store is what watching for spikes needs of the database. Each method is one
// transaction.
type Store interface {
	// SpikePosts returns at most limit posts of the accounts' cases that were
	// posted from a time on and before another, the newest first.
	SpikePosts(ctx context.Context, accounts []string, from, to time.Time, limit int) ([]socialwatch.SpikePost, error)
	// OpenIncidents returns those that span one of the accounts and go on.
	OpenIncidents(ctx context.Context, accounts []string) ([]socialwatch.Incident, error)
	// OpenIncident stores an incident with its cases and returns its id; 0 when
	// the region has one with the term that goes on.
	OpenIncident(ctx context.Context, i socialwatch.Incident, caseIDs []int64) (int64, error)
	// FollowIncident adds cases to an incident that goes on, and ends it when
	// end says so.
	FollowIncident(ctx context.Context, id int64, caseIDs []int64, end bool, at time.Time) error
}

// Group is the accounts of one region: a carrier or a place fails for all of
// them.
type Group struct {
	Region   string
	Accounts []string
	Ours     []string // our names there: brands, handles, hosts
}

// Watcher looks for spikes. It is safe for concurrent use, in one process or
// several: the database holds one incident of a term at a time.
type Watcher struct {
	Store Store
	Now   func() time.Time
}

// maxPosts bounds what one window reads: the newest.
const maxPosts = 2000

// Pass adds cases to the group's incidents, ends those that are over, and opens
// new ones.
func (w *Watcher) Pass(ctx context.Context, g Group) error {
	now := socialwatch.Micros(w.Now())
	posts, err := w.Store.SpikePosts(ctx, g.Accounts, now.Add(-hour), now, maxPosts)
	if err != nil {
		return fmt.Errorf("look for spikes: %w", err)
	}
	free, err := w.follow(ctx, g, posts, now)
	if err != nil {
		return fmt.Errorf("follow incidents: %w", err)
	}
	if len(gather(free)) < minCases {
		return nil
	}
	win := Window{Now: free}
	for _, name := range g.Ours {
		win.Ours = append(win.Ours, Term(name), strings.ToLower(name))
	}
	if err := w.past(ctx, g, now, &win); err != nil {
		return fmt.Errorf("look for spikes: %w", err)
	}
	var errs []error
	for _, f := range Find(win) {
		i := f.Incident
		i.Region, i.Accounts, i.OpenedAt = g.Region, slices.Sorted(slices.Values(g.Accounts)), now
		_, err := w.Store.OpenIncident(ctx, i, f.CaseIDs)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// past reads what was usual.
func (w *Watcher) past(ctx context.Context, g Group, now time.Time, win *Window) (err error) {
	for d := range days {
		to := now.Add(-time.Duration(d+1) * 24 * hour)
		posts, err := w.Store.SpikePosts(ctx, g.Accounts, to.Add(-hour), to, maxPosts)
		if err != nil {
			return err
		}
		win.Days = append(win.Days, posts)
	}
	win.Day, err = w.Store.SpikePosts(ctx, g.Accounts, now.Add(-24*hour), now.Add(-hour), maxPosts)
	return err
}

// follow brings the group's incidents up to date and returns the posts of cases
// that are of none.
func (w *Watcher) follow(ctx context.Context, g Group, posts []socialwatch.SpikePost, now time.Time) ([]socialwatch.SpikePost, error) {
	open, err := w.Store.OpenIncidents(ctx, g.Accounts)
	if err != nil {
		return nil, err
	}
	free := slices.DeleteFunc(slices.Clone(posts), func(p socialwatch.SpikePost) bool { return p.Incident != 0 })
	for _, i := range open {
		recent, joins := map[int64]bool{}, map[int64]bool{}
		for _, p := range posts {
			if p.Incident == i.ID {
				recent[p.CaseID] = true
			}
		}
		for _, p := range free {
			if Fits(i, socialwatch.Assessment{Intent: p.Intent, Language: p.Language, Masked: p.Text}) {
				recent[p.CaseID], joins[p.CaseID] = true, true
			}
		}
		free = slices.DeleteFunc(free, func(p socialwatch.SpikePost) bool { return joins[p.CaseID] })
		end := len(recent) < endBelow
		if len(joins) == 0 && !end {
			continue
		}
		if err := w.Store.FollowIncident(ctx, i.ID, sorted(joins), end, now); err != nil {
			return nil, err
		}
	}
	return free, nil
}

func sorted(set map[int64]bool) []int64 {
	ids := make([]int64, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
