// NAMEPLATE_URL=… NAMEPLATE_TOKEN=… go run ./follow-the-feed [sequence]
//
// Prints every change behind a place in the feed, and waits for more.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

type event struct {
	Sequence string
	Type     string
	Subject  string
}

var client = http.Client{Timeout: 70 * time.Second}

func next(after string) (int, []byte, error) {
	path := "/api/events?wait=25&after=" + after
	request, err := http.NewRequest("GET", os.Getenv("NAMEPLATE_URL")+path, nil)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("NAMEPLATE_TOKEN"))
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

func main() {
	after := "0"
	if len(os.Args) > 1 {
		after = os.Args[1]
	}
	for {
		status, answer, err := next(after)
		if err != nil || status == 429 || status == 503 {
			time.Sleep(time.Second)
			continue
		}
		var events []event
		// 410: what is behind this place is no longer kept, so that all users must be read anew.
		if status != 200 || json.Unmarshal(answer, &events) != nil {
			fmt.Fprintln(os.Stderr, string(answer))
			os.Exit(1)
		}
		for _, event := range events {
			fmt.Println(event.Sequence, event.Type, event.Subject)
			// Kept somewhere, it is where to go on after a restart.
			after = event.Sequence
		}
	}
}
