print("modelsim")
