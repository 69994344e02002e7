-- check.lua FILE: run each check of FILE (see check.sh); an expression shows its values.
local function run(block)
	print("# " .. block:match("^[^\n]*"))
	local f, why = load("return " .. block, "check")
	if not f then f, why = load(block, "check") end
	local got = table.pack(pcall(f or error, not f and why or nil))
	if not got[1] then print("! " .. tostring(got[2]))
	elseif got.n > 1 then print(table.unpack(got, 2, got.n)) end
	io.stdout:flush()
end

local block = ""
for line in io.lines(arg[1]) do
	local more = line:match("^| (.*)")
	if more then
		block = block .. "\n" .. more
	else
		if block ~= "" then run(block) end
		block = line:match("^#") and "" or line
	end
end
if block ~= "" then run(block) end
