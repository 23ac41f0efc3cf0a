package twitter

func (s *Server) verifyOAuth2(string) (caller, error) {
	return caller{}, unauthorized("unknown bearer token")
}

func (s *Server) revokeTokens(*user) {}

// CutStreams breaks all open streams; new ones are accepted.
func (s *Server) CutStreams() {}
