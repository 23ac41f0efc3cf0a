package console

// opening is the customer's first post of a thread, if what is to be answered
// comes after it: a follow-up alone rarely says what the matter is.
func opening(thread []postView) *postView {
	for i, p := range thread {
		if p.Ours {
			continue
		}
		if p.Current {
			return nil
		}
		return &thread[i]
	}
	return nil
}
