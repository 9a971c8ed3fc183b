-- a remark

-- %% [markdown]
--[[
# T
]]


-- %% active="ipynb"
x = 1
