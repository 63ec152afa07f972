// Command calls makes signed calls to the server that the environment names, and fails if one of them does not hold.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"colonyos"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := colonyos.ParseKey(os.Getenv("COLONIES_SERVER_PRVKEY"))
	if err != nil {
		return err
	}
	var keys [3]*colonyos.Key
	for i := range keys {
		if keys[i], err = colonyos.GenerateKey(); err != nil {
			return err
		}
	}
	owner, user, worker := keys[0], keys[1], keys[2]
	colony := "go-" + owner.Identity()[:8]
	unknown := make(map[string]any)
	asUser := colonyos.NewClient(colonyos.Options{
		URL:     "http://" + os.Getenv("COLONIES_SERVER_HOST") + ":" + os.Getenv("COLONIES_SERVER_PORT"),
		Keys:    colonyos.Keys{Server: server, Colony: owner, Member: user},
		OnDrift: func(drift colonyos.Drift) { unknown[drift.Path] = drift.Value },
	})
	asWorker := asUser.WithKeys(colonyos.Keys{Member: worker})
	if _, err := asUser.AddColony(ctx, colonyos.NewColony(owner.Identity(), colony)); err != nil {
		return err
	}
	if _, err := asUser.AddUser(ctx, &colonyos.User{ColonyName: colony, UserID: user.Identity(), Name: "go-user"}); err != nil {
		return err
	}
	if _, err := asUser.AddExecutor(ctx, colonyos.NewExecutor("go-worker", worker.Identity(), "go", colony)); err != nil {
		return err
	}
	if err := asUser.ApproveExecutor(ctx, colony, "go-worker"); err != nil {
		return err
	}

	spec := colonyos.NewFunctionSpec("double", "go", colony)
	spec.Args = []any{21, "twenty-one"}
	spec.Channels = []string{"news"}
	submitted, err := asUser.Submit(ctx, spec)
	if err != nil {
		return err
	}
	assigned, err := asWorker.Assign(ctx, colony, 10, nil)
	if err != nil {
		return err
	}
	if assigned.ProcessID != submitted.ProcessID || assigned.State != colonyos.ProcessStateRunning || !assigned.EndTime.IsZero() {
		return fmt.Errorf("assigned %+v", assigned)
	}
	number, err := colonyos.As[int](assigned.Spec.Args[0])
	if err != nil {
		return err
	}

	if err := subscribed(ctx, asUser, asWorker, submitted.ProcessID); err != nil {
		return err
	}
	if err := watched(ctx, asUser, submitted); err != nil {
		return err
	}
	if err := asWorker.Close(ctx, assigned.ProcessID, &colonyos.CloseOptions{Output: []any{2 * number}}); err != nil {
		return err
	}
	closed, err := asUser.GetProcess(ctx, submitted.ProcessID)
	if err != nil {
		return err
	}
	if doubled, err := colonyos.As[int](closed.Output[0]); err != nil || doubled != 42 || closed.State != colonyos.ProcessStateSuccess {
		return fmt.Errorf("closed %+v: %w", closed, err)
	}

	if err := refusals(ctx, asUser, asWorker, colony); err != nil {
		return err
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the schema does not know %v", unknown)
	}
	fmt.Println("submit, assign, subscribe, close and four refusals as they should be")
	return nil
}

// subscribed reads what is appended to a channel.
func subscribed(ctx context.Context, reader, writer *colonyos.Client, processID string) error {
	if err := writer.ChannelAppend(ctx, processID, "news", 1, []byte("first"), colonyos.TextEntryData, 0); err != nil {
		return err
	}
	var met []string
	for entries, err := range reader.SubscribeChannel(ctx, processID, "news", 0, 30) {
		if err != nil {
			return err
		}
		for _, entry := range entries {
			met = append(met, string(entry.Payload))
		}
		if len(met) == 2 {
			break
		}
		if err := writer.ChannelAppend(ctx, processID, "news", 2, []byte("second"), colonyos.TextEntryData, 0); err != nil {
			return err
		}
	}
	if len(met) != 2 || met[0] != "first" || met[1] != "second" {
		return fmt.Errorf("subscribed to %q", met)
	}
	return nil
}

// watched subscribes to a state that a process is in already.
func watched(ctx context.Context, client *colonyos.Client, process *colonyos.Process) error {
	for pushed, err := range client.SubscribeProcess(ctx, process, colonyos.ProcessStateRunning, 30) {
		if err != nil {
			return err
		}
		if pushed.ProcessID != process.ProcessID {
			return fmt.Errorf("pushed %+v", pushed)
		}
		return nil
	}
	return errors.New("nothing was pushed")
}

// refusals are of each kind: by the server, by the limits, by the want of a key, and by a hazard.
func refusals(ctx context.Context, asUser, asWorker *colonyos.Client, colony string) error {
	_, err := asWorker.Assign(ctx, colony, -1, nil)
	var refusal *colonyos.Error
	if !errors.As(err, &refusal) || !errors.Is(err, colonyos.CodeNoProcess) || refusal.Status != 404 || refusal.Name != "no_process" {
		return fmt.Errorf("assigned what is not there: %w", err)
	}
	var limit *colonyos.LimitError
	if _, err := asUser.GetProcess(ctx, "no id"); !errors.As(err, &limit) || limit.Field != "$.processid" {
		return fmt.Errorf("a limit did not hold: %w", err)
	}
	var key *colonyos.KeyError
	if err := asWorker.ApproveExecutor(ctx, colony, "go-worker"); !errors.As(err, &key) {
		return fmt.Errorf("signed without the key: %w", err)
	}
	var hazard *colonyos.HazardError
	if err := asUser.RemoveAllProcesses(ctx, colony, -1, nil); !errors.As(err, &hazard) {
		return fmt.Errorf("a hazard was not told of: %w", err)
	}
	return nil
}
