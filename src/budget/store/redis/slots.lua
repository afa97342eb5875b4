-- KEYS: the fleet, then one bucket for each of what is asked. ARGV: epoch, not after, whether to check the server,
-- then what is asked, word for word:
--   r count interval turn not_before     reserves slots
--   g due unused                         gives slots back
--   h hold                               holds the bucket
--   s hold before cut_at pace            shares a pace made from the one cut then (0: from none), and holds the bucket
-- A bucket's value: when its next slot is due; and if a throttle was seen, until when its pace is kept, when it was
-- cut, and the pace. The sums are those of slots.rs.
local now = clock(0)
if ARGV[1] ~= f.epoch or (ARGV[3] == '1' and run_id() ~= f.run) then return { 'stale', now } end
local not_after = tonumber(ARGV[2])
if not_after > 0 and now > not_after then return { 'late', now } end
if now > f.till then look(ranks(), now) end

local n, all, open = f.n, f.mask == 2 ^ f.n - 1, {}
do
  local rest = f.mask
  for i = 0, n - 1 do
    open[i] = rest % 2 == 1
    rest = math.floor(rest / 2)
  end
end

local function next_open(at, turn)
  if all then return at end
  local first = math.floor(at / turn)
  if first * turn < at then first = first + 1 end
  for index = first, first + n - 1 do
    if open[index % n] then return index * turn end
  end
end

local buckets = {}
local function bucket(key, value)
  local b = buckets[key]
  if b then return b end
  b = { due = 0 }
  if value then
    local due, kept, cut, pace = string.match(value, '^(%d+) (%d+) (%-?%d+) (.*)$')
    if due then
      b.due, b.kept, b.cut, b.pace = tonumber(due), tonumber(kept), tonumber(cut), pace
    else
      b.due = tonumber(value) or 0
    end
    -- A pace that is old is nobody's any more.
    if b.kept and b.kept <= now then b.kept, b.cut, b.pace = nil, nil, nil end
  end
  buckets[key] = b
  return b
end

local function keep(key, b)
  local value, last = whole(b.due), b.due + CATCH_UP
  if b.pace then
    value = value .. ' ' .. whole(b.kept) .. ' ' .. whole(b.cut) .. ' ' .. b.pace
    last = math.max(last, b.kept)
  end
  if last <= now then
    redis.call('DEL', key)
  else
    redis.call('SET', key, value, 'PX', whole(math.ceil((last - now) / 1000) + 1))
  end
end

local function reserve(b, count, interval, turn, not_before)
  local horizon = n * (interval + REACH)
  -- The last of what may have been promised is so far ahead, and one interval after it is the next.
  b.due = math.max(b.due, f.held + horizon + interval)
  local at, retry, given = b.due, 0, { 0, 0, b.pace or false }
  if at + CATCH_UP < now then at = now end
  if not_before > 0 and at < now + not_before then at = now + not_before end
  for _ = 1, count do
    local slot = next_open(at, turn)
    if not slot then
      -- Sooner if a rank is left or taken in the meantime.
      retry = math.min(math.max(f.till - now, 1), ASK_AGAIN)
      break
    elseif slot > now + horizon then
      -- No promise reaches further: by this others know when all of them are over.
      retry = slot - now - horizon
      break
    end
    given[#given + 1] = math.max(slot - now, 0)
    at = slot + interval
    b.due = at
  end
  given[1], given[2] = b.due, retry
  return given
end

local values = {}
if #KEYS > 1 then values = redis.call('MGET', unpack(KEYS, 2)) end
local answers, word = { 'ok', now }, 4
local function number()
  word = word + 1
  return tonumber(ARGV[word - 1])
end
for i = 2, #KEYS do
  local key, what = KEYS[i], ARGV[word]
  local b, answer = bucket(key, values[i - 1]), false
  word = word + 1
  if what == 'r' then
    local count, interval, turn, not_before = number(), number(), number(), number()
    answer = reserve(b, count, interval, turn, not_before)
  elseif what == 'g' then
    local due, unused = number(), number()
    if b.due == due and unused < due then b.due = unused end
  elseif what == 'h' then
    b.due = math.max(b.due, now + number())
  else
    local hold, before, cut = number(), number(), number()
    local pace = ARGV[word]
    word = word + 1
    -- Whoever does not know the newest pace is told it, to think again.
    if not b.cut or math.abs(b.cut - before) < SAME_CUT then
      b.kept, b.cut, b.pace = now + PACE_LASTS, cut, pace
      -- The quiet begins after all that is promised: the slot that follows must not be as near as the old pace had it.
      b.due = math.max(b.due, now) + hold
    else
      b.due = math.max(b.due, now + hold)
      answer = { b.due, 0, b.pace }
    end
  end
  keep(key, b)
  answers[#answers + 1] = answer
end
return answers
