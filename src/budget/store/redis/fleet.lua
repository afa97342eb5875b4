-- The head of both scripts: the store's clock, who is there, and whose turns may be given out. Numbers are whole
-- microseconds, below 2^53; what is in capitals comes from script.rs.
local fleet = KEYS[1]

local function whole(x) return string.format('%.0f', x) end

local f = {}
do
  local got = redis.call('HMGET', fleet, 'epoch', 'run', 'off', 'seen', 'held', 'begun', 'n', 'asked', 'mask', 'till', 'alive')
  f.epoch, f.run = got[1] or '', got[2] or ''
  f.off, f.seen, f.held, f.begun = tonumber(got[3] or 0), tonumber(got[4] or 0), tonumber(got[5] or 0), tonumber(got[6] or 0)
  f.n, f.asked, f.mask = tonumber(got[7] or 0), tonumber(got[8] or 0), tonumber(got[9] or 0)
  f.till, f.alive = tonumber(got[10] or 0), tonumber(got[11] or 0)
end

-- The server's clock, which never runs backwards here: what it is set back by is added to it from then on. `ref` is
-- what it should show (the clock of a cluster's first tag), or 0.
local function clock(ref)
  local time = redis.call('TIME')
  local plain, off = tonumber(time[1]) * 1000000 + tonumber(time[2]), f.off
  if ref > 0 and (f.epoch == '' or ref > plain + off + REF_BLUR) then off = ref - plain end
  local now = math.max(plain + off, f.seen)
  if now - plain ~= f.off then
    f.off = now - plain
    if f.epoch ~= '' then redis.call('HSET', fleet, 'off', whole(f.off)) end
  end
  -- Nobody was heard for so long: either nobody was there, or the clock was set forward, and what was reserved is
  -- not over although it looks so.
  if f.epoch ~= '' and now - f.seen > GAP then
    f.held, f.seen = now, now
    redis.call('HSET', fleet, 'held', whole(now), 'seen', whole(now))
  end
  return now
end

local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
end

-- Who has which rank; '-' has left and promised to spend nothing more.
local function ranks()
  local names, list = {}, {}
  for i = 1, f.n do names[i] = 'r' .. (i - 1) end
  local got = redis.call('HMGET', fleet, unpack(names))
  for i = 1, f.n do
    if got[i] then
      local id, heard, joined = string.match(got[i], '^(%S+) (%d+) (%d+)$')
      if id then list[i] = { id = id, heard = tonumber(heard), joined = tonumber(joined) } end
    end
  end
  return list
end

-- Which ranks are open, how many replicas are there, and until when that is so.
local function look(list, now)
  f.mask, f.alive, f.till = 0, 0, now + SILENT
  for i = 1, f.n do
    local r = list[i]
    if r and r.id == '-' then
      f.mask = f.mask + 2 ^ (i - 1)
    elseif r and now - r.heard <= SILENT then
      f.alive = f.alive + 1
      if now - r.joined >= SETTLED then
        f.mask, f.till = f.mask + 2 ^ (i - 1), math.min(f.till, r.heard + SILENT)
      else
        f.till = math.min(f.till, r.joined + SETTLED - 1)
      end
    end
  end
  redis.call('HSET', fleet, 'mask', whole(f.mask), 'till', whole(f.till), 'alive', f.alive)
end
