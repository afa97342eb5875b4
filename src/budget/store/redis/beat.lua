-- KEYS: the fleet. ARGV: id, replicas, wanted rank or -1, what for, not after, reference clock.
-- What for: 'beat' (I am there), 'told' (I am there, with this rank), 'leave', or 'visit' (who is there?).
local id, n, want, mode = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local not_after = tonumber(ARGV[5])
local now = clock(tonumber(ARGV[6]))
-- One that lay in a queue while its sender gave up must not count as heard.
if not_after > 0 and now > not_after then return { 'late', now } end

local run = run_id()
if f.epoch == '' or f.run ~= run then
  -- Emptied, restarted or failed over: nobody knows what was promised. Everything is held for its horizon.
  redis.call('DEL', fleet)
  f.epoch, f.run = string.sub(run, 1, 12) .. '-' .. whole(now), run
  f.held, f.begun, f.n, f.asked = now, now, n, now
  redis.call('HSET', fleet, 'epoch', f.epoch, 'run', run, 'off', whole(f.off), 'held', whole(now), 'begun', whole(now))
end
-- The largest number that anybody alive was told.
if n >= f.n or now - f.asked > SILENT then f.n, f.asked = n, now end

local list = ranks()
local mine
for i = 1, f.n do
  if list[i] and list[i].id == id then mine = i end
end

local function put(i, owner, heard, joined)
  list[i] = { id = owner, heard = heard, joined = joined }
  redis.call('HSET', fleet, 'r' .. (i - 1), owner .. ' ' .. whole(heard) .. ' ' .. whole(joined))
end

local function drop(i)
  list[i] = nil
  redis.call('HDEL', fleet, 'r' .. (i - 1))
end

local function free(i)
  local r = list[i]
  return not r or r.id == '-' or now - r.heard > SILENT
end

-- Who was silent for long has been spending by itself, and joins anew. A rank that was left is open at once.
local function take(i)
  local r, joined = list[i], now
  if r and r.id == '-' then
    joined = now - SETTLED
  elseif r and r.id == id and now - r.heard <= SILENT then
    joined = r.joined
  end
  put(i, id, now, joined)
  mine = i
end

-- A rank whose turns nobody uses, before one that was left, whose turns are used by all.
local function any()
  for _, left in ipairs({ false, true }) do
    for i = 1, f.n do
      if free(i) and (list[i] ~= nil and list[i].id == '-') == left then return i end
    end
  end
end

if mode == 'leave' then
  if mine then put(mine, '-', 0, 0) end
  mine = nil
elseif mode == 'told' then
  if mine and mine ~= want + 1 then drop(mine) end
  mine = nil
  if want >= 0 and want < f.n then take(want + 1) end
elseif mode == 'beat' then
  if mine then
    take(mine)
  elseif want >= 0 and want < f.n and free(want + 1) then
    take(want + 1)
  elseif now - f.begun >= CLAIM then
    -- Not before: who had a rank when the store was emptied takes it again.
    local i = any()
    if i then take(i) end
  end
end

look(list, now)
redis.call('HSET', fleet, 'seen', whole(now), 'n', f.n, 'asked', whole(f.asked))
redis.call('PEXPIRE', fleet, FLEET_LASTS)
return { 'ok', now, f.epoch, mine and mine - 1 or -1, f.n, f.mask, f.alive }
