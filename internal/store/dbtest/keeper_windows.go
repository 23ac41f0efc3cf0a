package dbtest

import "errors"

func temporaryServer(string) (string, error) {
	return "", errors.New("a temporary server needs Unix: set TEST_DATABASE_URL")
}
