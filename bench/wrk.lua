-- Asks for the targets in the file that TARGETS names, in turn, and reports as
-- JSON; times in nanoseconds, bytes with headers.
local requests, n = {}, 0

function init()
  for target in io.lines(os.getenv("TARGETS")) do
    requests[#requests + 1] = wrk.format("GET", target)
  end
end

function request()
  n = n % #requests + 1
  return requests[n]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\nreport {"requests":%d,"failed":%d,"bytes":%d,"took":%d,"median":%d,"p99":%d}\n',
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.bytes,
    1000 * summary.duration, 1000 * latency:percentile(50), 1000 * latency:percentile(99)))
end
