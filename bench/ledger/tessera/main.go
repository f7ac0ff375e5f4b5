// Tessera's log on a POSIX file system as a peer of the ledger's benchmark: writers that append one entry of 256 bytes
// after another, each waiting until its entry is durable and has its place in the tree. What Tessera publishes later
// (its checkpoint) is not waited for.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log"
	"sort"
	"sync"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

var (
	dir     = flag.String("dir", "", "folder of the log; it must not exist yet")
	writers = flag.Int("writers", 64, "writers side by side")
	seconds = flag.Float64("seconds", 3, "how long")
)

// maxAge bounds how long a batch waits to be full; Tessera's own 250 ms would let few writers wait for nothing.
const maxAge = 2 * time.Millisecond

func main() {
	flag.Parse()
	ctx := context.Background()
	appender, shutdown := open(ctx)
	before, start := cpu(), time.Now()
	end := start.Add(time.Duration(*seconds * float64(time.Second)))
	latencies := make([][]time.Duration, *writers)
	var running sync.WaitGroup
	for i := range latencies {
		running.Add(1)
		go func() {
			defer running.Done()
			latencies[i] = write(ctx, appender, i, end)
		}()
	}
	running.Wait()
	elapsed, used := time.Since(start), cpu()-before
	var all []time.Duration
	for _, mine := range latencies {
		all = append(all, mine...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	fmt.Printf("rate=%.1f p50_us=%d p99_us=%d cpu_us=%.2f\n", float64(len(all))/elapsed.Seconds(),
		all[len(all)/2].Microseconds(), all[len(all)*99/100].Microseconds(),
		float64(used.Microseconds())/float64(len(all)))
	if err := shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}

func open(ctx context.Context) (*tessera.Appender, func(context.Context) error) {
	private, _, err := note.GenerateKey(rand.Reader, "bench.example/log")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		log.Fatal(err)
	}
	driver, err := posix.New(ctx, posix.Config{Path: *dir})
	if err != nil {
		log.Fatal(err)
	}
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithBatching(uint(*writers), maxAge)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		log.Fatal(err)
	}
	return appender, shutdown
}

// write appends until end and gives how long each entry took.
func write(ctx context.Context, appender *tessera.Appender, writer int, end time.Time) []time.Duration {
	var took []time.Duration
	for n := 0; time.Now().Before(end); n++ {
		body := fmt.Sprintf("%0256d", writer*1_000_000_000+n)
		begun := time.Now()
		if _, err := appender.Add(ctx, tessera.NewEntry([]byte(body)))(); err != nil {
			log.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	return took
}

// cpu is this process's processor time so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
