package upkeep

import (
	"bytes"
	"context"
	"sync"

	"gallery/internal/nolink"
)

// part is one album's share of a cleaning: a run of its own, whose lines are held back until it
// is its turn.
type part struct {
	run  cleanRun
	out  bytes.Buffer
	done chan struct{} // closed once it is cleaned
}

// newPart makes a part with what the whole run is to do. They share what is held, which is not
// changed any more.
func (c *cleanRun) newPart() *part {
	p := &part{done: make(chan struct{})}
	p.run = cleanRun{thumbs: c.thumbs, stdout: &p.out, dryRun: c.dryRun, before: c.before, all: c.all, freed: map[string]*tally{}, held: c.held, force: c.force}
	return p
}

// everything cleans all albums, c.jobs of them at once. What it says and counts is in the
// order of the albums, however many are at work.
func (c *cleanRun) everything(ctx context.Context) {
	type job struct {
		*part
		do func(*cleanRun)
	}
	jobs := make(chan job)
	parts := make(chan *part, 4*c.jobs) // in order; not many, since each may hold folders open
	var workers, reader sync.WaitGroup
	for range c.jobs {
		workers.Go(func() {
			for j := range jobs {
				j.do(&j.run)
				close(j.done)
			}
		})
	}
	reader.Go(func() {
		for p := range parts {
			<-p.done
			c.add(p)
		}
	})
	if folder, err := nolink.Folder(c.thumbs.CacheRoot(), ".", false); err != nil {
		c.noteUncleaned(".", err) // there are no parts
	} else {
		c.folder(ctx, folder, ".", func(do func(*cleanRun)) {
			p := c.newPart()
			parts <- p
			jobs <- job{p, do}
		})
		folder.Close()
	}
	close(jobs)
	workers.Wait()
	close(parts)
	reader.Wait()
}

// add adds a part that is done.
func (c *cleanRun) add(p *part) {
	_, _ = p.out.WriteTo(c.stdout) // as elsewhere, who does not read need not know
	for reason, t := range p.run.freed {
		if c.freed[reason] == nil {
			c.freed[reason] = &tally{}
		}
		c.freed[reason].files += t.files
		c.freed[reason].bytes += t.bytes
	}
	c.left.files += p.run.left.files
	c.left.bytes += p.run.left.bytes
	c.kept = append(c.kept, p.run.kept...)
	c.failed += p.run.failed
}
