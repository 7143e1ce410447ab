-- The requests of a boot, one after the other, for wrk.
local mac = "0004f2000001"
local paths = {
  "/" .. mac .. ".cfg", "/000000000000.cfg", "/phones/" .. mac .. ".cfg", "/features.cfg", "/sip-interop.cfg",
  "/site.cfg", "/overrides/" .. mac .. "-phone.cfg", "/overrides/" .. mac .. "-web.cfg",
  "/licenses/000000000000-license.cfg", "/licenses/" .. mac .. "-license.cfg",
  "/contacts/" .. mac .. "-directory.xml", "/contacts/000000000000-directory.xml",
}
local requests = {}
local last = 0

function init(args)
  for place, path in ipairs(paths) do requests[place] = wrk.format("GET", path) end
  requests[#requests + 1] = wrk.format("PUT", "/logs/" .. mac .. "-app.log", nil, string.rep("x", 1231))
end

function request()
  last = last % #requests + 1
  return requests[last]
end
