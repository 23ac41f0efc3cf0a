package store

import "context"

// ExplainCases returns the database's plan of the query that Cases would run.
func (s *Store) ExplainCases(ctx context.Context, f CaseFilter) (string, error) {
	query, args, err := casesQuery(f)
	if err != nil {
		return "", err
	}
	return s.explain(ctx, query, args...)
}

// ExplainMentions returns the plan of Mentions.
func (s *Store) ExplainMentions(ctx context.Context, f MentionFilter) (string, error) {
	query, args, err := mentionsQuery(f, s.dialect.kind)
	if err != nil {
		return "", err
	}
	return s.explain(ctx, query, args...)
}

// ExplainFeed returns the plan of Feed.
func (s *Store) ExplainFeed(ctx context.Context, f FeedFilter) (string, error) {
	query, args := feedQuery(f)
	return s.explain(ctx, query, args...)
}
